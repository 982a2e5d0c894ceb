"""A file as it is written: laid over the one that it extends, with its notes."""
