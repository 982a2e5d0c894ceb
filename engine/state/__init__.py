"""The book while it is replayed: units, their margin, absorbers, and one step of the tape."""
