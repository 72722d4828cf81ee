"""Who a request is for, and a database session that can reach only that tenant."""
