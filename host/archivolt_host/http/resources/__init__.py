"""What the host itself offers under ``/vault``: plugins, jobs and runs."""
