"""Discover, resolve, load, configure, switch: all about plugins but their code."""
