"""Requests, workflows, tasks and the inbox."""
