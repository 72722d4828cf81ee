"""Every hook promises something, and everybody speaks to it by its one verb."""

import ast
import dataclasses
import inspect
import types

import pytest

from archivolt_hookspecs.markers import asks, collects
from archivolt_host.plugins.loading import spec_modules

VERBS = {"ask", "first", "collect", "join", "tell"}
# Functions of the host that collect in their own way.
COLLECTING = {
    "ask_one": "collect",
    "ask_all": "collect",
    "tell_one": "collect",
    "brought": "collect",
}
WITH_PLUGIN = {"ask_one", "tell_one"}  # whose first argument is a plugin's name
# What the delivery of news tells by itself: it is the news of all others.
DELIVERED = {"any_news"}
FEWEST_WORDS = 4


@pytest.fixture(scope="module")
def specs():
    """Every hook by name."""
    return {
        name: found
        for module in spec_modules()
        for name, found in vars(module).items()
        if hasattr(found, "archivolt_verb")
    }


def unpromising(specs):
    """Name the hooks whose docstring is no sentence, or whose verb is unknown."""
    for name, spec in specs.items():
        sentence = (inspect.getdoc(spec) or "").partition("\n\n")[0]
        if len(sentence.split()) < FEWEST_WORDS or sentence[-1] not in ".:":
            yield f"{name} does not say what it promises"
        if spec.archivolt_verb not in VERBS:
            yield f"{name} is spoken by {spec.archivolt_verb}"
        if inspect.signature(spec).return_annotation is inspect.Signature.empty:
            yield f"{name} does not say what it returns"


def spoken(module):
    """Yield every call of a hook by name: the verb, the hook and where it is."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(
                func=ast.Name(id=verb) | ast.Attribute(attr=verb), args=arguments
            ) if verb in VERBS | COLLECTING.keys():
                place = 1 if verb in WITH_PLUGIN else 0
                if hook := _named(arguments[place : place + 1]):
                    where = f"{module.path}:{node.lineno}"
                    yield COLLECTING.get(verb, verb), hook, where


def _named(argument):
    """Return the hook that a call names: "resync", or resync.__name__."""
    match argument:
        case [ast.Constant(value=str(hook))]:
            return hook
        case [
            ast.Attribute(
                value=ast.Name(id=hook) | ast.Attribute(attr=hook), attr="__name__"
            )
        ]:
            return hook
    return None


def misspoken(modules, specs):
    """Name the calls of hooks that do not exist, or exist for another verb."""
    for module in modules:
        for verb, hook, where in spoken(module):
            if hook not in specs:
                yield f"{where}: there is no hook {hook}"
            elif specs[hook].archivolt_verb != verb:
                yield f"{where}: {hook} is not spoken by {verb}"


def unspoken(modules, specs):
    """Name the hooks that nobody speaks: promises without a voice."""
    voiced = {hook for m in modules for _, hook, _ in spoken(m)}
    return sorted(specs.keys() - DELIVERED - voiced)


def shapeless(modules):
    """Name the classes of hookspecs that are no frozen dataclasses."""
    for module in modules:
        for found in vars(module).values():
            if inspect.isclass(found) and found.__module__ == module.__name__:
                parameters = getattr(found, "__dataclass_params__", None)
                if parameters is None or not parameters.frozen:
                    yield f"{module.__name__}.{found.__name__}"


def test_every_hook_says_what_it_promises(specs):
    assert list(unpromising(specs)) == []


def test_a_hook_without_a_promise_is_caught():
    def planted(x):
        """React."""

    planted.archivolt_verb = "shout"

    assert len(list(unpromising({"planted": planted}))) == 3


def test_hooks_are_spoken_by_their_verb(modules, specs):
    assert list(misspoken(modules, specs)) == []


def test_a_wrong_verb_and_an_unknown_hook_are_caught(plant):
    specs = {"refused": asks(lambda: None), "resync": collects(lambda since: None)}
    text = """
hooks.ask("refused")
hooks.first(refused.__name__)
tell("refusd")
ask_one(plugin, resync.__name__, since=None)
"""
    module = plant("plugins/x/archivolt_x/a/logic.py", text)

    assert [w.rpartition(": ")[2] for w in misspoken([module], specs)] == [
        "refused is not spoken by first",
        "there is no hook refusd",
    ]


def test_every_hook_is_spoken(modules, specs):
    assert unspoken(modules, specs) == []


def test_a_hook_that_nobody_speaks_is_caught(plant):
    module = plant("host/archivolt_host/x.py", 'hooks.tell("heard")')

    assert unspoken([module], {"heard": None, "unheard": None}) == ["unheard"]


def test_what_hooks_exchange_is_frozen():
    assert list(shapeless(spec_modules())) == []


def test_a_thawed_class_in_the_hookspecs_is_caught():
    planted = types.ModuleType("planted")
    planted.Info = dataclasses.make_dataclass("Info", ["id"])
    planted.Info.__module__ = "planted"

    assert list(shapeless([planted])) == ["planted.Info"]
