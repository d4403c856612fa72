"""The exception type for errors that users are meant to read. Bugs keep their own exception types and tracebacks."""


class MakegoodError(Exception):
    """An error that the user can fix. Its message is one sentence: what happened, where, and what to do about it."""
