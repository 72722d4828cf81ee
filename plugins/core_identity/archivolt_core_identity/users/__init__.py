"""Users: who may sign in to a tenant."""
