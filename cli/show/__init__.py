"""What commands print: one view a file."""
