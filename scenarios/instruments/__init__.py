"""What a market's name stands for, by the spellings of the venues."""
