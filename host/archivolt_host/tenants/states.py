"""The states of a tenant, apart from its table: the command line's help needs them."""

CREATING, ACTIVE, DISABLED = "creating", "active", "disabled"
STATES = (CREATING, ACTIVE, DISABLED)
