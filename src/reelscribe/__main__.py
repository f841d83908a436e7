"""`python -m reelscribe` is the command line."""

from reelscribe.cli import main

main()
