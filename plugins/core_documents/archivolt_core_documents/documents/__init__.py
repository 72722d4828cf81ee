"""Documents: titled contents with tags and metadata, in folders."""
