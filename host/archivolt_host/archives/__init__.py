"""A tenant, or a whole home, in a file: written, checked, and brought back."""
