"""Versions: what a document's content was, and is."""
