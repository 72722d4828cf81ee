"""Messages: composed, and sent by a job."""
