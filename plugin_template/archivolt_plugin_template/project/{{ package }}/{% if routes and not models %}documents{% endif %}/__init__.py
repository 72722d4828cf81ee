"""Documents, as this plugin shows them."""
