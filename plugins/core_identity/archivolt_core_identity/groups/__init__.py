"""Groups of users, and of groups."""
