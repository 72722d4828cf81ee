"""For authors of plugins: a new one from the template, an old one brought up to it."""
