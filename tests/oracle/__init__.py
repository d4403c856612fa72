"""An independent reference of what every request is owed, in plain Python, and a generator of logs and policies that try to break it.

Written from the rules as prose. It shares no code with the models and has no SQL, so that a mistake is not made twice.
"""
