"""Instances under way: what the engine decides is carried out here."""
