"""One module a venue: how it spells its markets."""
