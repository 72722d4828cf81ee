"""Keys that tokens are signed with."""
