"""Plugins: what they declare, what the deployment wants, and what follows from both."""
