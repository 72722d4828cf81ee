"""People: what becomes of their rights when they come, change and go."""
