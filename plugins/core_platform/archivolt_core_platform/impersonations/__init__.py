"""Acting as a tenant's user, for a reason and a while."""
