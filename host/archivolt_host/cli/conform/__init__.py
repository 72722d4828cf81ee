"""What every plugin owes its host, checked on a throw-away deployment of its own.

``checks`` says what a check is, ``stage`` is the deployment, ``probing`` acts as its
clients; the other files hold the checks themselves, by theme.
"""
