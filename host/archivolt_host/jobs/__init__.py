"""The job bus: truth in the tenant's database, Redis only a doorbell."""
