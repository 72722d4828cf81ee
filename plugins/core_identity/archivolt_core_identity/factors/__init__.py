"""Second factors: a code from a device besides the password."""
