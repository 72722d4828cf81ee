"""``python -m archivolt_host.cli``: the command line, where no script is installed."""

from archivolt_host.cli.main import main

main()
