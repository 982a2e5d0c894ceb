"""A scenario in, a run folder out: what runs, compares, names, writes and reads. Prints nothing."""
