"""Discover, resolve, load, configure, switch: everything about plugins but their code."""
