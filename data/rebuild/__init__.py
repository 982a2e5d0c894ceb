"""The book of a real venue at a moment, from a snapshot and what happened after it."""
