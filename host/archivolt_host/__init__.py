"""The Archivolt host: it loads plugins, and owns what they share."""
