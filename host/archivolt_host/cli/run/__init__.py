"""Run Archivolt in the foreground: start, name, restart and stop its processes."""
