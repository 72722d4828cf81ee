"""``service.py`` alone queries, by eight verbs, and knows no rules (NV-18 to NV-20)."""

import ast

VERBS = {"create", "get", "filter", "update", "delete"}
VERBS |= {"bulk_create", "bulk_update", "bulk_delete"}
KIT = "archivolt_host.kit"
# Classes of a service.py that are no service, each with the reason.
NO_SERVICES = {
    ("archivolt_core_search", "Engine"): "what differs between the databases",
    ("archivolt_core_search", "Fts5"): "SQLite's half of it",
    ("archivolt_core_search", "Vectors"): "PostgreSQL's half of it",
}
# What a service would need for rules, permissions, audit, news or HTTP.
NOT_FOR_SERVICES = ("access", "api", "cli", "hooks", "jobs", "orchestrator")
SESSIONS = {f"{KIT}.db.session", f"{KIT}.db.catalog"}


def services(modules):
    found = [m for m in modules if m.plugin and m.path.name == "service.py"]
    assert found
    return found


def beyond_the_verbs(module):
    """Name the public functions that are neither a verb nor in ``sql_verbs``."""
    wrong = [
        f"{module.path}: {node.name}() stands outside of the class"
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef):
            if (module.plugin, node.name) in NO_SERVICES:
                continue
            listed = _sql_verbs(node)
            methods = {
                m.name
                for m in node.body
                if isinstance(m, ast.FunctionDef) and not m.name.startswith("_")
            }
            wrong += [
                f"{module.path}: {node.name}.{name} is no verb"
                for name in sorted(methods - VERBS - listed)
            ]
            wrong += [
                f"{module.path}: sql_verbs lists {name}, which is not there"
                for name in sorted(listed - methods)
            ]
    return wrong


def _sql_verbs(node):
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="sql_verbs")], value=value):
                return set(ast.literal_eval(value))
            case ast.AnnAssign(target=ast.Name(id="sql_verbs"), value=value):
                return set(ast.literal_eval(value))
    return set()


def knows_rules(module):
    """Name what a service imports and should not know."""
    forbidden = tuple(f"{KIT}.{name}" for name in NOT_FOR_SERVICES)
    wrong = []
    for name in module.imports:
        ours = name.startswith("archivolt_") and not name.startswith(KIT)
        of_others = ours and {"service", "logic", "audit"} & set(name.split("."))
        if of_others or name.startswith(forbidden):
            wrong.append(f"{module.path} imports {name}")
    return wrong


def queries(module):
    """Name the ways to the database that a module other than a service takes."""
    if not module.plugin or module.path.name == "service.py":
        return []
    return [
        f"{module.path} imports {name}" for name in module.imports if name in SESSIONS
    ] + [
        f"{module.path}:{node.lineno} reaches for a service's session"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "session"
    ]


def test_services_offer_the_eight_verbs_and_listed_statements(modules):
    assert [w for m in services(modules) for w in beyond_the_verbs(m)] == []


def test_a_ninth_verb_is_caught(plant):
    text = """
class S(Service):
    sql_verbs = ("claim", "gone")
    def get(self): ...
    def claim(self): ...
    def publish(self): ...
def loose(): ...
"""
    wrong = beyond_the_verbs(plant("plugins/x/archivolt_x/a/service.py", text))

    assert [w.rpartition(": ")[2] for w in wrong] == [
        "loose() stands outside of the class",
        "S.publish is no verb",
        "sql_verbs lists gone, which is not there",
    ]


def test_services_know_no_rules(modules):
    assert [w for m in services(modules) for w in knows_rules(m)] == []


def test_a_service_that_asks_for_permission_or_tells_is_caught(plant):
    text = """
from archivolt_host.kit.access import check
from archivolt_host.kit import hooks, db
from archivolt_host.kit.service import Service
from archivolt_x.b.service import others
from archivolt_x.b import logic
"""
    wrong = knows_rules(plant("plugins/x/archivolt_x/a/service.py", text))

    assert [w.rpartition(" ")[2] for w in wrong] == [
        "archivolt_host.kit.access.check",
        "archivolt_host.kit.hooks",
        "archivolt_x.b.service.others",
        "archivolt_x.b.logic",
    ]


def test_only_services_query(modules):
    assert [w for m in modules for w in queries(m)] == []


def test_logic_that_queries_is_caught(plant):
    text = """
from archivolt_host.kit.db import session, uuid7
users.session.execute(1)
"""
    assert len(queries(plant("plugins/x/archivolt_x/a/logic.py", text))) == 2
    assert queries(plant("plugins/x/archivolt_x/a/service.py", text)) == []
