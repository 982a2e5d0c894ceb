"""The same replay over what is assumed: seeds and numbers drawn from their stated ranges."""
