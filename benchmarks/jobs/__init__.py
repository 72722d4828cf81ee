"""Jobs per second and what they cost, beside RQ and Celery on the same Valkey."""
