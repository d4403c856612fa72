"""The `makegood` command line: its commands, and how their results are printed."""
