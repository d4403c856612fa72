"""`python -m orchestration` is `makegood`."""

from orchestration.cli import main

main()
