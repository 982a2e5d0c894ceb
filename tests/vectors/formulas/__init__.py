"""Rules of venues and of the literature as plain functions of numbers.

Named by what they compute, not by who uses it; sources are in the docstrings. Scalars are floats;
arrays are float64 of the stated shape. A signed size is positive for a long. Money is in USD,
fractions and rates are shares of one, prices are USD per base unit.
"""
