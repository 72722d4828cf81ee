"""The command ``archivolt run``: from the options to a running set of processes."""

import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # heavy, and not needed to show the help
    import socket

    from archivolt_host.cli.run.banner import Banner
    from archivolt_host.cli.run.children import Child
    from archivolt_host.tenants.home import Home


@dataclass(frozen=True)
class Options:
    """What the operator asked for; None where the manifest decides."""

    host: str | None
    port: int | None
    home: Path
    manifest: Path


@dataclass(frozen=True)
class Run:
    """What is settled when the children are declared."""

    home: "Home"
    manifest: Path
    listener: "socket.socket"
    valkey_url: str


@dataclass(frozen=True)
class Plan:
    """What the manifest says about running, and how to get the children."""

    #: Imports the application, and names the processes in the order of their start.
    children: Callable[[Run], Sequence["Child"]]
    #: Asked once everything runs.
    banner: Callable[[Run], "Banner"]
    host: str = "127.0.0.1"
    port: int = 8080
    #: A Redis or Valkey of the operator's own; None starts the embedded one.
    valkey_url: str | None = None


def run_command(plan: Callable[[Options], Plan]) -> click.Command:
    """Make the command; ``plan`` reads the manifest and stays light."""

    @click.command("run", help=HELP)
    @click.option("--host", envvar="ARCHIVOLT_HOST", help="Address to listen on.")
    @click.option(
        "--port",
        envvar="ARCHIVOLT_PORT",
        type=click.IntRange(0, 65535),
        help="Port to listen on; 0 takes a free one.",
    )
    @click.option(
        "--home",
        envvar="ARCHIVOLT_HOME",
        type=click.Path(path_type=Path),
        default="var",
        show_default=True,
        help="Folder that keeps everything; made at the first start.",
    )
    @click.option(
        "--manifest",
        envvar="ARCHIVOLT_MANIFEST",
        type=click.Path(path_type=Path),
        default="manifest.toml",
        show_default=True,
        help="The deployment: plugins, tenants, settings.",
    )
    @click.option(
        "--safe-mode",
        is_flag=True,
        help="Load the required plugins alone; what the others guard is refused.",
    )
    def run(
        host: str | None, port: int | None, home: Path, manifest: Path, safe_mode: bool
    ) -> None:
        if safe_mode:
            os.environ["ARCHIVOLT_SAFE_MODE"] = "1"  # for every process that is started
        raise SystemExit(start(Options(host, port, home, manifest), plan))

    return run


HELP = """Start everything in the foreground; Ctrl-C stops it.

Web, worker, relay, scheduler and, unless the manifest names another, a Valkey run as
processes of their own, and one that dies is started again.

\b
    archivolt run                      serve on http://127.0.0.1:8080
    archivolt run --port 9000          use another port
    archivolt run --home /srv/vault    keep the data elsewhere
    archivolt run --safe-mode          find out whether a plugin is the trouble
    kill -TERM <process>               stop it, as an init system does

Each option can also be set in the environment, as shown by its ARCHIVOLT_ name.
"""


def start(options: Options, plan: Callable[[Options], Plan]) -> int:
    """Run until told to stop; anything that prevents it is one sentence."""
    from archivolt_host.cli.run.valkey import ValkeyMissingError
    from archivolt_host.cli.run.web import PortError
    from archivolt_host.tenants.home import HomeError

    gc.disable()  # until the first fork: imports make much, and hardly any garbage
    try:
        return _start(options, plan(options))
    except (HomeError, PortError, ValkeyMissingError) as problem:
        raise click.ClickException(str(problem)) from problem
    except KeyboardInterrupt:  # before the first process was there
        return 0
    finally:
        gc.enable()


def _start(options: Options, plan: Plan) -> int:
    from setproctitle import setproctitle

    from archivolt_host.cli.run.web import open_listener
    from archivolt_host.jobs.valkey_address import valkey_url
    from archivolt_host.tenants.home import Home

    setproctitle("archivolt")
    home = Home(options.home).prepare()
    os.environ["ARCHIVOLT_HOME"] = str(home.path)
    os.environ["ARCHIVOLT_MANIFEST"] = _absolute(options.manifest)
    port = plan.port if options.port is None else options.port
    with home.lock(), open_listener(options.host or plan.host, port) as listener:
        url = valkey_url(home, plan.valkey_url)
        return _supervise(Run(home, options.manifest, listener, url), plan)


def _absolute(manifest: Path) -> str:
    """Return the manifest's files so that they are found from any folder."""
    files = str(manifest).split(os.pathsep)
    return os.pathsep.join(str(Path(file).absolute()) for file in files if file)


def _supervise(run: Run, plan: Plan) -> int:
    from archivolt_host.cli.run.banner import show
    from archivolt_host.cli.run.supervisor import Supervisor
    from archivolt_host.cli.run.valkey import valkey

    children = list(plan.children(run))
    if plan.valkey_url is None:
        children.insert(0, valkey(run.home))
    _log_plainly()
    return Supervisor(children, on_ready=lambda: show(plan.banner(run))).run()


def _log_plainly() -> None:
    """Show the supervisor's lines where the application set up no logs."""
    import logging

    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
