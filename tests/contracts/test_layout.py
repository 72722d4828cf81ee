"""Every domain has the same files, and no file or function outgrows a reader."""

import ast
import re

LAYERS = {"views", "orchestrators", "logic", "service", "models", "schemas"}
# commands: a second front door beside views, on the terminal.
# samples: what ``archivolt demo`` loads, as a user would.
BESIDE = {"commands", "samples"}
# Packages of a plugin that are no domain, each with the reason.
NO_DOMAINS = {
    ("archivolt_core_audit", "outside"): "a driver: files instead of rows",
    ("archivolt_core_documents", "blobs"): "a driver: files instead of rows",
    ("archivolt_core_documents", "contents"): "bytes to and from HTTP, for two domains",
    ("archivolt_core_documents", "extraction"): "a library that reads untrusted files",
    ("archivolt_core_search", "words"): "pure functions on text, for two domains",
    ("archivolt_core_workflow", "engine"): "pure functions on definitions, for all",
    ("archivolt_core_workflow", "running"): "one event, across instances and tasks",
}
TOP = {"__init__", "plugin"}
LONGEST_FILE, LONGEST_FUNCTION = 300, 50
VAGUE = {"util", "utils", "helpers", "manager", "managers"}
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def misplaced(module):
    """Say what is wrong with a file's place and name."""
    if not module.plugin:
        return None
    *folders, name = module.path.with_suffix("").parts[3:]
    if not folders:
        known = name in TOP or name.isidentifier()
        return None if known else f"{module.path}: no such file in a plugin"
    if folders[0] == "migrations" or (module.plugin, folders[0]) in NO_DOMAINS:
        return None
    if len(folders) > 1:
        return f"{module.path}: a domain has no folders"
    if name not in LAYERS | BESIDE | {"__init__"}:
        return f"{module.path}: a domain has {', '.join(sorted(LAYERS))}, no {name}"
    return None


def too_long(module):
    """Name the file and the functions that are longer than a reader's patience."""
    if "migrations" in module.path.parts:  # Alembic writes them
        return
    lines = module.text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{module.path} has {lines} lines"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{module.path}: {node.name}() has {length} lines"


def vague(module):
    """Name the modules, classes and public functions that could be called anything."""
    names = [*module.path.with_suffix("").parts]
    names += [
        node.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name[0] != "_"
    ]
    for name in names:
        if VAGUE & {word.lower() for word in WORD.findall(name)}:
            yield f"{module.path}: {name} says nothing"


def silent(module):
    """Name the handlers that swallow everything, and the prints."""
    for node in ast.walk(module.tree):
        match node:
            case ast.ExceptHandler(type=None):
                yield f"{module.path}:{node.lineno}: a bare except"
            case ast.ExceptHandler(
                type=ast.Name(id="Exception" | "BaseException"), body=[ast.Pass()]
            ):
                yield f"{module.path}:{node.lineno}: swallows every error"
            case ast.Call(func=ast.Name(id="print")):
                yield f"{module.path}:{node.lineno}: prints"


def test_domains_have_the_same_files(modules):
    assert [w for m in modules if (w := misplaced(m))] == []


def test_a_seventh_file_in_a_domain_is_caught(plant):
    for path in ("users/queries.py", "users/sub/logic.py"):
        assert misplaced(plant(f"plugins/core_x/archivolt_core_x/{path}", ""))
    for path in ("users/logic.py", "plugin.py", "migrations/0001_first.py"):
        assert not misplaced(plant(f"plugins/core_x/archivolt_core_x/{path}", ""))


def test_no_exception_outlives_its_reason(root):
    for package, folder in NO_DOMAINS:
        plugin = root / "plugins" / package.removeprefix("archivolt_") / package
        assert (plugin / folder).is_dir() or not (plugin / "plugin.py").exists()


def test_files_and_functions_are_short(modules):
    assert [w for m in modules for w in too_long(m)] == []


def test_a_long_function_and_a_long_file_are_caught(plant):
    text = "def f():\n" + "    x = 1\n" * 50 + "\n" * 250

    assert len(list(too_long(plant("host/archivolt_host/x.py", text)))) == 2


def test_names_say_something(modules):
    assert [w for m in modules for w in vague(m)] == []


def test_a_name_that_says_nothing_is_caught(plant):
    found = list(
        vague(plant("host/archivolt_host/text_utils.py", "class TaskManager: ..."))
    )

    assert len(found) == 2


def test_nothing_is_swallowed_or_printed(modules):
    assert [w for m in modules for w in silent(m)] == []


def test_a_swallowed_error_and_a_print_are_caught(plant):
    text = """
try: print(1)
except Exception: pass
try: f()
except: raise
"""
    assert len(list(silent(plant("host/archivolt_host/x.py", text)))) == 3
