"""The one kind of error that people are meant to read. Bugs keep their own types and tracebacks."""


class MakegoodError(Exception):
    """Something that a person can put right: what happened, where, and what to do, in one sentence."""
