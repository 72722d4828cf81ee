"""People who run the deployment."""
