"""The local store of imported and pulled data, and what is wrong with its rows."""
