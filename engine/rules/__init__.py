"""The rules of one step (docs/semantics.md, section 3), a file each."""
