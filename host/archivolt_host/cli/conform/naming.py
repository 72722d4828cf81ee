"""Checks of names: what a plugin brings carries its name, so that none clash."""

from collections.abc import Iterator

from archivolt_host.cli.conform.checks import check
from archivolt_host.cli.conform.stage import Stage


@check(
    "hooks",
    "Each of its hooks exists, and takes only what the hook is given.",
    "Compare the function with its spec in archivolt_hookspecs (docs/hooks.md).",
)
def hooks(stage: Stage) -> Iterator[str]:
    """Ask the host whether it could take the plugin in."""
    reason = stage.host.registry.out.get(stage.name, "")
    if "hooks do not fit" in reason:
        yield reason


@check(
    "names",
    "Its tables, permissions, jobs, actions, commands and routes carry its name.",
    "Begin each with the plugin's id: NAME_table, NAME.permission, /vault/NAME/...",
)
def names(stage: Stage) -> Iterator[str]:
    """Look at everything it has registered."""
    if stage.name.startswith("core_"):
        yield from _core_names(stage)
        return
    registry = stage.working.registry
    for hook, kind in (
        ("register_permissions", "permission"),
        ("register_actions", "action"),
        ("register_jobs", "job"),
    ):
        for plugin, thing in registry.brought(hook):
            if plugin == stage.name and not thing.name.startswith(f"{stage.name}."):
                yield f"The {kind} {thing.name} does not begin with {stage.name}."
    here = f"/vault/{stage.name.replace('_', '-')}"
    for route in stage.routes:
        if (
            route.startswith("/vault/")
            and route != here
            and not route.startswith(f"{here}/")
        ):
            yield f"The route {route} does not lie below {here}."
    yield from _tables(stage, f"{stage.name}_")


def _core_names(stage: Stage) -> Iterator[str]:
    """Core plugins own the plain words; their tables still have one prefix."""
    yield from _tables(stage, stage.info.tables)


def _tables(stage: Stage, prefix: str) -> Iterator[str]:
    from archivolt_host.tenants.columns import Base, CatalogBase

    package = stage.package.name
    for base in (Base, CatalogBase):
        for mapper in base.registry.mappers:
            if mapper.class_.__module__.partition(".")[0] != package:
                continue
            for table in mapper.tables:
                if not str(table.name).startswith(prefix):
                    yield f"The table {table.name} does not begin with {prefix}."
