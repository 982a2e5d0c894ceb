"""What crashsim needs of a computer, and whether it is there."""
