"""The token engine: pure functions on definitions and markings."""
