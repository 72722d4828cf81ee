"""The journal of a tenant: every write, by whom, and from where."""
