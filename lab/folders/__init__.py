"""Run folders and comparison folders: written whole, named by content, read back, compared."""
