"""Commands and rendering; computes no number."""
