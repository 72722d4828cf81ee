"""``archivolt plugins show NAME``: one plugin, all that is known of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.plugins.metadata import PluginInfo
    from archivolt_host.plugins.timing import Spent


DEAREST = 20  # rows


@click.command()
@click.argument("name")
@click.option("--tenant", "-t", metavar="SLUG", help="Costs of this tenant alone.")
def show(name: str, tenant: str | None) -> None:
    """Show the plugin NAME: where it came from, what it may, does and costs.

    Calls, seconds and errors are those of all running processes. What cost most time
    stands below, with jobs and actions: tenant by tenant, or of the one that is named.
    """
    from archivolt_host.cli import tables
    from archivolt_host.cli.opening import opened, ready
    from archivolt_host.cli.plugins import installed
    from archivolt_host.kit.cli import named_tenant

    info = installed(name)
    host = ready() if tenant else opened()
    facts = tables.table("plugin", name)
    for what, value in _facts(host, info):
        tables.add(facts, what, value)
    tables.show(facts)
    metrics = host.home.run / "metrics"
    by_tenant = _spent_by_tenant(metrics, name)
    if tenant is not None:
        slug = named_tenant(tenant).slug
        spent = by_tenant.get(slug, {})
        by_tenant = {slug: spent}
    else:
        spent = _spent(metrics, name)
    _show_costs(host, name, spent)
    _show_dearest(by_tenant)


def _show_costs(host: "Host", name: str, spent: "dict[str, Spent]") -> None:
    from archivolt_host.cli import tables

    if not (hooks := host.registry.hooks_of(name)):
        return
    costs = tables.table("hook", "verb", "calls", "seconds", "errors")
    for hook in hooks:
        verb = host.registry.verb(hook)
        tables.add(costs, hook, verb, *_figures(spent.get(hook)))
    tables.show(costs)


def _show_dearest(by_tenant: "dict[str, dict[str, Spent]]") -> None:
    """Show what cost most time, tenant by tenant and hook by hook."""
    from archivolt_host.cli import tables

    rows = [
        (slug, hook, spent)
        for slug, hooks in by_tenant.items()
        for hook, spent in hooks.items()
    ]
    if not rows:
        return
    costs = tables.table("tenant", "hook", "calls", "seconds", "errors")
    for slug, hook, spent in sorted(rows, key=lambda r: -r[2].seconds)[:DEAREST]:
        tables.add(costs, slug, hook, *_figures(spent))
    tables.show(costs)


def _facts(host: "Host", info: "PluginInfo") -> Iterator[tuple[str, str]]:
    from archivolt_host.app import create_app
    from archivolt_host.plugins import provenance

    create_app(host)  # routes are known once they are mounted
    state, reason = host.registry.out.get(info.id), ""
    if info.id not in host.registry.manifest.plugins:
        state, reason = "installed", f"archivolt plugins add {info.id}"
    yield "state", "loaded" if state is None else f"{state} {reason}".strip()
    yield "version", f"{info.version}, made for host API {info.host_api}"
    found = provenance.of(info.distribution)
    yield "package", info.distribution
    if found is not None:
        by = f", by {found.installer}" if found.installer else ""
        yield "came from", f"{found.address or 'a package index'}{by}"
        yield "fingerprint", found.fingerprint
    yield "scope", "required" if info.required else info.scope
    yield "needs", ", ".join(f"{n} {s}".strip() for n, s in info.requires.items())
    for kind, wanted in info.grants.items():
        yield f"grant {kind}", ", ".join(wanted)
    yield "tables", f"{info.tables}*" if info.tables else "none"
    yield "routes", "\n".join(host.registry.routes.get(info.id, ["none"]))


def _spent(metrics: Path, plugin: str) -> "dict[str, Spent]":
    """Add up the accounts of the processes that run on this home; none run: none."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    from archivolt_host.plugins import timing

    if not metrics.is_dir():
        return {}
    whole: Any = MultiProcessCollector(CollectorRegistry(), str(metrics))
    return timing.read(whole.collect(), plugin)


def _spent_by_tenant(metrics: Path, plugin: str) -> "dict[str, dict[str, Spent]]":
    """Add up what the processes remember of each tenant that was busy last."""
    from archivolt_host.plugins import accounts, timing

    found: dict[str, dict[str, Spent]] = {}
    for slug, hook, (calls, seconds, errors) in accounts.read(metrics, plugin):
        one = found.setdefault(slug, {}).setdefault(hook, timing.Spent())
        one.calls += calls
        one.seconds += seconds
        one.errors += errors
    return found


def _figures(spent: "Spent | None") -> tuple[str, str, str]:
    if spent is None:
        return "-", "-", "-"
    return f"{spent.calls:.0f}", f"{spent.seconds:.3f}", f"{spent.errors:.0f}"
