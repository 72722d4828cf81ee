"""Ties ``run`` and ``doctor`` to the application: its processes and its checks."""

import os
import secrets
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archivolt_host.cli.doctor import doctor_command
from archivolt_host.cli.run.command import Options, Plan, Run, run_command

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.cli.checks import Deployment
    from archivolt_host.cli.run.banner import Banner
    from archivolt_host.cli.run.children import Child
    from archivolt_host.plugins.manifest import Manifest

FIRST_TENANT, FIRST_USER = "demo", "admin"


def plan(options: Options) -> Plan:
    """Read from the manifest how to run; the children import the application."""
    from archivolt_host.plugins.manifest import read_manifest

    manifest, first = read_manifest(options.manifest), _FirstStart()
    return Plan(
        children=partial(_children, first, manifest),
        banner=partial(_banner, first),
        host=str(manifest.host["bind"]),
        valkey_url=str(manifest.host["valkey_url"]) or None,
    )


class _FirstStart:
    """Remembers the password that was generated, to show it once."""

    password: str | None = None


def _children(first: _FirstStart, manifest: "Manifest", run: Run) -> Sequence["Child"]:
    """Open the host once, migrate, and declare the processes that share it."""
    _expect_valkey(manifest)
    _count_over_all_processes(run)
    from archivolt_host.app import create_app, open_host
    from archivolt_host.cli import processes
    from archivolt_host.cli.logging import configure
    from archivolt_host.cli.run.children import Child
    from archivolt_host.cli.run.web import WebSettings, web
    from archivolt_host.plugins import accounts

    configure(str(manifest.host["log_level"]))
    host = open_host(run.home, manifest)
    _migrate(host)
    _create_first_tenant(host, first)
    app = create_app(host)
    processes.preload()
    host.databases.dispose()  # the forks open their own
    accounts.write_no_more()
    settings = host.manifest.host
    return [
        Child("relay", partial(processes.relay, host)),
        Child("worker", partial(processes.work, host), count=int(settings["workers"])),
        Child(
            "short worker",
            partial(processes.work_short, host),
            count=int(settings["short_workers"]),
        ),
        Child("scheduler", partial(processes.schedule, host)),
        web(
            app,
            run.listener,
            processes=int(settings["web_processes"]),
            settings=WebSettings(
                threads=int(settings["web_threads"]), lost=app.bodies.stalled
            ),
            health="/vault/health/live",
        ),
    ]


def _expect_valkey(manifest: "Manifest") -> None:
    """Refuse to start without the queue's server that the manifest names, if any."""
    from archivolt_host.cli.server_checks import configured_valkey

    url = str(manifest.host["valkey_url"])
    found = configured_valkey(url) if url else None
    if found is not None and found.state == "fail":
        raise click.ClickException(f"{found.sentence} {found.next_step}")


def _count_over_all_processes(run: Run) -> None:
    """Let the metrics of all processes be added up; set before they are imported."""
    folder = run.home.run / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _migrate(host: "Host") -> None:
    import structlog

    from archivolt_host.cli.migrate import refuse_pending
    from archivolt_host.cli.opening import prepare_catalog_database
    from archivolt_host.errors import ArchivoltError
    from archivolt_host.tenants import migrating

    refuse_pending(host)
    prepare_catalog_database(host)
    waiting = migrating.behind(host.catalog, host.provisioner.plan.fingerprint)
    outcome = migrating.migrate(waiting, host.provisioner)
    for slug, problem in outcome.failed.items():
        structlog.get_logger().error("not migrated", tenant=slug, problem=problem)
    if outcome.failed and host.manifest.host["strict"]:
        raise ArchivoltError("strict = true, and tenants are not migrated: see above.")


def _create_first_tenant(host: "Host", first: _FirstStart) -> None:
    from archivolt_host.orchestration.creation import CreateTenant
    from archivolt_host.tenants.states import STATES

    if host.catalog.all(*STATES):
        return
    given = os.environ.get("ARCHIVOLT_ADMIN_PASSWORD", "")
    password = given or secrets.token_urlsafe(12)
    CreateTenant(
        FIRST_TENANT,
        placement=str(host.manifest.host["default_placement"]),
        admin=FIRST_USER,
        password=password,
    ).run()
    first.password = None if given else password


def _banner(first: _FirstStart, run: Run) -> "Banner":
    from archivolt_host.cli.run.banner import Banner
    from archivolt_host.cli.run.web import reachable

    name, port = reachable(run.listener)
    address = f"http://{name}:{port}"
    return Banner(
        address=address,
        tenant=FIRST_TENANT,
        user=FIRST_USER,
        password=first.password,
    )


def _deployment(home: Path, manifest: Path) -> "Deployment":
    from archivolt_host.cli.checks import Deployment
    from archivolt_host.plugins.discovery import discover, infos, problems
    from archivolt_host.plugins.manifest import check_file, defaults, read_manifest
    from archivolt_host.plugins.manifest.model import ManifestError
    from archivolt_host.tenants.home import Home

    found = discover()
    wrong = check_file(manifest, infos(found), broken=problems(found))
    try:
        host = read_manifest(manifest).host
    except ManifestError:  # told by its own check; the rest is checked all the same
        host = defaults()
    url = str(host["catalog_url"])
    return Deployment(
        home=Home(home),
        port=_port(),
        valkey_url=str(host["valkey_url"]) or None,
        postgresql_url=url if url.startswith("postgresql") else None,
        manifest_problem=lambda: "\n".join(map(str, wrong)) or None,
        plugins=tuple((d.entry_point.name, d.problem) for d in found),
    )


def _port() -> int:
    text = os.environ.get("ARCHIVOLT_PORT") or "8080"
    if not text.isdecimal() or int(text) > 65535:
        raise click.ClickException(f"ARCHIVOLT_PORT is {text!r}: write 1 to 65535.")
    return int(text)


run = run_command(plan)
doctor = doctor_command(_deployment)
