"""Who runs the deployment, and the keys of its tokens."""
