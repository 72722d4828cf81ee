"""What one transaction cannot hold: steps in order, undone in reverse."""
