"""A second implementation of the replay, to hold the engine against.

Written from the rules of docs/semantics.md alone, rule by rule, in plain Python (dicts, lists,
dataclasses and floats), sharing no code with the engine. It is slow and means to be obviously
right.
"""
