"""`python -m hoshin` is `hoshin`."""

from hoshin.cli.app import main

main()
