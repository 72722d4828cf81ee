"""Archivolt as a target of a load rig that compares services: seed, adapter, checks."""
