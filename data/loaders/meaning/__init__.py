"""What the columns of a file mean: names, evidence of kind, units, and the length of bars."""
