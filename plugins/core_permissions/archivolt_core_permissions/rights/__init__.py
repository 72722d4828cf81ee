"""Rights: what somebody may do where, as their grants have it."""
