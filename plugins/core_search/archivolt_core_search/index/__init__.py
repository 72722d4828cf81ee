"""The index: what can be found, kept in step with the documents."""
