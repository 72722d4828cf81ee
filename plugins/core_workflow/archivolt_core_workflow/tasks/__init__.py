"""Tasks: what people have to do, and the inbox that shows it."""
