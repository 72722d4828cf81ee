"""Folders: a tree in which documents lie."""
