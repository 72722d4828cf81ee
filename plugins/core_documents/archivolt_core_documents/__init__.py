"""Documents, their versions and folders."""
