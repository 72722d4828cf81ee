"""Instances: processes under way, their history and their timers."""
