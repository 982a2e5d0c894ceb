"""The charts of a report: SVG by hand, one kind a module."""
