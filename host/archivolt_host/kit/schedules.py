"""Jobs that run by themselves: returned by ``register_schedules``."""

from archivolt_hookspecs.registration import Schedule

__all__ = ["Schedule"]
