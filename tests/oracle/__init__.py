"""An independent reference implementation of the decisions, in plain Python, and a generator of difficult logs and policies.

It was written from the rules in prose. It shares no code with the models and contains no SQL, so that a mistake in the models is not
repeated here.
"""
