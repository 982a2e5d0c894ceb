"""`python -m crashsim`."""

from crashsim.cli.app import main

main()
