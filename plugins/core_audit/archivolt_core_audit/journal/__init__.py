"""The journal: what was done, by whom and from where."""
