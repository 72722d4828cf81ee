"""What the host itself offers under ``/vault``: plugins and jobs."""
