"""`python -m orchestration` is `makegood`."""

from orchestration.command_line.cli import main

main()
