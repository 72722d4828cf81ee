"""Explanations: which grant lets somebody do something, or what they lack."""
