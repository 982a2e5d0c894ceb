"""What lies inside tar archives and files that were cut into parts."""
