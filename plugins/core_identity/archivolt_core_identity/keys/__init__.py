"""API keys: how programs prove to act for a user."""
