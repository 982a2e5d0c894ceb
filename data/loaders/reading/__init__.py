"""From bytes to rows: containers, layouts, times."""
