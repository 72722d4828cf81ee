"""Definitions: processes as data, versioned."""
