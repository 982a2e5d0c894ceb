"""A venue's file, and the margin tables beside it."""
