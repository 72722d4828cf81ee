"""Writes the parts of the documentation that are read from the code.

cog calls these functions from the pages; ``make fix`` refreshes them and ``make test``
refuses pages that are behind.
"""

import ast
import inspect
import logging
import pkgutil
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cog
import structlog

from archivolt_hookspecs.markers import verb_of
from archivolt_host.app import VERSION, Host, create_app, open_host
from archivolt_host.errors import ArchivoltError
from archivolt_host.http import problems
from archivolt_host.http.resources.actions import callable_ones
from archivolt_host.jobs import runnable
from archivolt_host.jobs.public import Task
from archivolt_host.maintenance import Maintenance
from archivolt_host.plugins.loading import spec_modules
from archivolt_host.plugins.manifest.host_settings import HOST_SETTINGS
from archivolt_host.plugins.settings import Setting, display, written
from archivolt_host.plugins.units import write_seconds
from archivolt_host.tenants.home import Home

ROOT = Path(__file__).parents[1]
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.FATAL))

VERBS = {
    "ask": "may this happen? Any refusal wins; an error refuses",
    "first": "the first answer that is not None; an error passes on to the next",
    "collect": "everyone's answers; an error costs only that answer",
    "join": "everyone writes inside the caller's transaction; an error aborts it",
    "tell": "news, after the commit, once per subscriber; an error is retried",
}


@cache
def host() -> Host:
    """Open a host with the repository's plugins, on a home that nobody keeps."""
    home = Home(tempfile.mkdtemp(prefix="archivolt-docs-"))
    return open_host(home, ROOT / "manifest.toml")


def hooks() -> None:
    """Write every hook with its signature, as its module has it."""
    for module in sorted(spec_modules(), key=lambda m: m.__name__):
        signatures = dict(_signatures(module.__name__))
        specs = {n: f for n, f in vars(module).items() if n in signatures}
        specs = {n: f for n, f in specs.items() if hasattr(f, "archivolt_verb")}
        if not specs:
            continue
        _out(f"## {(module.__doc__ or '').strip()}", f"`{module.__name__}`")
        for name, spec in specs.items():
            verb = verb_of(spec)
            _out(
                f"### `{signatures[name]}`",
                f"**{verb}**: {VERBS[verb]}.",
                inspect.cleandoc(spec.__doc__ or ""),
            )


def _signatures(module: str) -> Iterator[tuple[str, str]]:
    """Yield the functions of a module with their signatures, as written."""
    spec = find_spec(module)
    source = Path(str(spec and spec.origin)).read_text()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            returns = ast.unparse(node.returns) if node.returns else "None"
            yield node.name, f"{node.name}({ast.unparse(node.args)}) -> {returns}"


def errors() -> None:
    """Write every code that an error of the host or a plugin can carry."""
    host()  # plugins have errors of their own
    rows = {
        (kind.status, kind.code): _first_line(kind.__doc__) for kind in _errors()
    } | {
        (status, code): problems.SENTENCES.get(status, problems.TITLES[status])
        for status, code in problems.CODES.items()
        if not any((k.status, k.code) == (status, code) for k in _errors())
    }
    rows[400, "bad_request"] = "The request cannot be understood."
    rows[500, "internal"] = "A bug. The request id leads to its trace in the log."
    rows[0, "http_error"] = "Anything else of HTTP, with the status that it has."
    _table(
        ("status", "code", "meaning"),
        ((s or "any", f"`{c}`", text) for (s, c), text in sorted(rows.items())),
    )


def _errors() -> list[type[ArchivoltError]]:
    found, waiting = [], [ArchivoltError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


def settings() -> None:
    """Write every setting of the host and of the plugins in this repository."""
    _out("## The host", "In the manifest below `[host]`.")
    _settings(HOST_SETTINGS)
    for name, info in sorted(host().registry.infos.items()):
        if (ROOT / "plugins" / name).is_dir():
            _out(f"## {info.name}", f"{info.summary} Below `[plugins.{name}]`.")
            _settings(info.settings.values())


def _settings(found: Any) -> None:
    _table(
        ("setting", "type", "default", "scope", "meaning"),
        (
            (f"`{s.name}`", _kind(s), _code(display(s, s.default)), s.scope, s.summary)
            for s in found
        ),
    )


def _kind(setting: Setting) -> str:
    facts = [setting.type, "secret"] if setting.secret else [setting.type]
    facts += [f"one of {', '.join(setting.choices)}"] if setting.choices else []
    if setting.minimum is not None:
        facts.append(f"at least {written(setting, setting.minimum)}")
    if setting.maximum is not None:
        facts.append(f"at most {written(setting, setting.maximum)}")
    return "; ".join(facts)


def permissions() -> None:
    """Write every permission of the plugins here, and which presets hold it."""
    found = host().registry.permissions.values()
    _table(
        ("permission", "allows", "from"),
        (
            (f"`{p.name}`", p.summary, ", ".join(p.roles))
            for p in sorted(found, key=lambda p: p.name)
        ),
    )


def actions() -> None:
    """Write every action that workflows, rules and other plugins may call."""
    found = sorted(host().registry.actions.items())
    routes = {action.name for _, action in callable_ones(host().registry)}
    _table(
        ("action", "of", "takes", "needs", "kind", "a route"),
        (
            (
                f"`{name}`",
                plugin,
                ", ".join(f"`{argument}`" for argument in action.arguments),
                f"`{action.permission}`" if action.permission else "",
                action.kind,
                "yes" if name in routes else "",
            )
            for name, (plugin, action) in found
        ),
    )


def duties() -> None:
    """Write everything that runs by itself: whose, how often, and what it does."""
    declared = [*runnable.own_schedules(), *host().registry.schedules]
    rows = sorted((p, one.name, one) for p, one in declared if not one.public)
    _table(
        ("of", "name", "rhythm", "does"),
        (
            (plugin, f"`{name}`", one.cron or _every(one.every), one.job.summary)
            for plugin, name, one in rows
        ),
    )


def public_tasks() -> None:
    """Write everything that is done for the whole host: how often, and what it does."""
    rows = sorted((task.name, task) for task in Maintenance(host(), VERSION).tasks())
    _table(
        ("task", "rhythm", "does"),
        ((f"`{name}`", _rhythm(task), task.summary) for name, task in rows),
    )


def _rhythm(task: Task) -> str:
    return f"`{task.cron}`" if task.cron else _every(task.every)


def _every(seconds: int | None) -> str:
    return f"every {write_seconds(seconds or 0)}"


def kit() -> None:
    """Write the kit: each module, and what it offers in one line each."""
    import archivolt_host.kit as package

    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        found = import_module(f"{package.__name__}.{module.name}")
        names = getattr(found, "__all__", ())
        if module.ispkg or not (names and found.__doc__):
            continue
        _out(f"## kit.{module.name}", inspect.cleandoc(found.__doc__))
        things = ((name, getattr(found, name)) for name in names)
        own = ((n, t) for n, t in things if inspect.getdoc(t) and callable(t))
        _table(
            ("name", "what it is"),
            ((f"`{name}`", _first_line(inspect.getdoc(thing))) for name, thing in own),
        )


def public_routes() -> None:
    """Write every route that strangers may call."""
    app = create_app(host())
    rows = set()
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            access = app.access[rule.endpoint, method]
            if access.public:
                tenant = "none" if access.tenantless else "`Org`"
                view = app.view_functions[rule.endpoint]
                view = getattr(getattr(view, "view_class", None), method.lower(), view)
                text = _first_line(view.__doc__)
                rows.add((f"`{method} {rule.rule}`", tenant, text))
    _table(("route", "tenant", "what it does"), sorted(rows))


def _table(head: tuple[str, ...], rows: Any) -> None:
    lines = [head, ("---",) * len(head), *rows]
    _out("\n".join(f"| {' | '.join(map(str, line))} |" for line in lines))


def _out(*paragraphs: str) -> None:
    for paragraph in paragraphs:
        cog.outl(f"\n{paragraph}")


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
