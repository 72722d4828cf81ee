"""States have one place, the models: elsewhere they go by their names (NV-47)."""

import ast

STATES = ("status", "state", "text_status")


def literal_states(text):
    """Return the lines that compare or set a state with a string of their own."""
    tree = ast.parse(text)
    compared = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and names_a_state(node.left)
        and any(is_text(one) for one in node.comparators)
    ]
    given = [
        node.value.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg in STATES and is_text(node.value)
    ]
    return sorted(compared + given)


def names_a_state(node):
    return isinstance(node, ast.Attribute) and node.attr in STATES


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_states_are_named(modules):
    found = {
        str(module.path): lines
        for module in modules
        if module.path.name != "models.py"
        # Neither reading texts nor drawing pages and tables on a terminal knows models.
        and not {"extraction", "cli"}.intersection(module.path.parts)
        and (lines := literal_states(module.text))
    }
    assert found == {}


def test_a_planted_state_is_found():
    assert literal_states('if job.status == "done":\n    finish(status="done")') == [
        1,
        2,
    ]
    assert literal_states("if job.status == DONE:\n    finish(status=DONE)") == []
