"""Sessions: each sign-in of a user, until it ends."""
