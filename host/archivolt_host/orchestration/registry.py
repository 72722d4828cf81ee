"""Which orchestrators there are, by name and version; wrong ones are refused here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archivolt_host.errors import NotFoundError
from archivolt_host.orchestration import values
from archivolt_host.orchestration.errors import DeclarationError
from archivolt_host.orchestration.journal import Run
from archivolt_host.orchestration.patience import sentence
from archivolt_host.orchestration.steps import AnyStep, Child
from archivolt_host.plugins.registry import HOST, Registry


class UnknownVersionError(NotFoundError):
    """A run whose steps nobody here knows any more; it waits."""


class Orchestrators:
    """The orchestrators of all working plugins and of the host."""

    def __init__(self, registry: Registry, own: Sequence[type[Any]] = ()) -> None:
        self._kinds: dict[str, dict[int, type[Any]]] = {}
        self.plugins: dict[str, str] = {}
        for kind in own:
            self._add(HOST, kind)
        for plugin, kind in registry.brought("register_orchestrators"):
            try:
                self._add(plugin, kind)
            except DeclarationError as error:  # contained: one plugin is out
                registry.put_out(plugin, str(error))

    def _add(self, plugin: str, kind: type[Any]) -> None:
        check(kind)
        versions = self._kinds.setdefault(kind.name, {})
        if versions.setdefault(kind.version, kind) is not kind:
            raise DeclarationError(
                f"There are two of {kind.name} with version {kind.version}: raise the "
                "version of the new one, and keep the old one while runs of it live."
            )
        self.plugins[kind.name] = plugin

    @property
    def names(self) -> Sequence[str]:
        """All names."""
        return sorted(self._kinds)

    def newest(self, name: str) -> type[Any]:
        """Return the newest version of an orchestrator, or raise NotFoundError."""
        if name not in self._kinds:
            raise NotFoundError("Orchestrator", name)
        return self._kinds[name][max(self._kinds[name])]

    def get(self, name: str, **inputs: Any) -> Any:
        """Return a fresh run object, each time another."""
        return self.newest(name)(**inputs)

    def knows(self, kind: type[Any]) -> bool:
        """Return whether exactly this class is registered."""
        return self._kinds.get(kind.name, {}).get(kind.version) is kind

    def rebuilt(self, run: Run) -> Any:
        """Return a fresh object for a run that was begun before, perhaps long ago."""
        kind = self._kinds.get(run.name, {}).get(run.version)
        if kind is None:
            raise UnknownVersionError(
                f"Version {run.version} of the orchestrator {run.name}"
            )
        try:
            made = _made(kind, run.input)
            names = names_of(made)
        except Exception as error:  # whatever a plugin's class may raise
            raise UnknownVersionError(
                f"A class for the inputs of {run.name} (it must stay as it was while "
                f"runs of version {run.version} live; {sentence(error)})"
            ) from error
        if names != list(run.steps):
            raise UnknownVersionError(
                f"The step list {', '.join(run.steps)} of {run.name} (its class must "
                f"stay as it was while runs of version {run.version} live)"
            )
        return made


def _made(kind: type[Any], inputs: Mapping[str, Any]) -> Any:
    """Return an orchestrator with the inputs that were written down."""
    wanted = values.inputs_of(kind)
    return kind(**{n: values.typed(wanted[n], v) for n, v in inputs.items()})


def names_of(orchestrator: Any) -> list[str]:
    """Return the names of its steps."""
    return [step.name for step in orchestrator.steps()]


def check(kind: type[Any]) -> None:
    """Refuse an orchestrator that could not be taken back, or not gone on with."""
    steps = steps_of(kind)
    if not steps:
        raise DeclarationError(f"{kind.name} has no steps.")
    if wrong := [*_wrong_inputs(kind), *_wrong_steps(steps)]:
        raise DeclarationError(f"{kind.name}: {' '.join(wrong)}")


def steps_of(kind: type[Any]) -> Sequence[AnyStep]:
    """Return the declared steps, without any inputs."""
    blank = object.__new__(kind)
    try:
        return tuple(blank.steps())
    except Exception as error:  # whatever a plugin's function may raise
        raise DeclarationError(
            f"The steps of {kind.name} depend on its inputs ({error!r}): yield all of "
            "them, and leave one out with when=..."
        ) from error


def _wrong_inputs(kind: type[Any]) -> Iterator[str]:
    try:
        inputs = values.inputs_of(kind)
    except NameError as error:
        yield f"An input's type cannot be read: {error}."
        return
    for name, wanted in inputs.items():
        if not values.is_plain(wanted):
            yield f"The input {name} must be {values.PLAINLY}."
    for name in kind.unwritten:
        signature = values.signature_of(kind)
        if name not in inputs or signature.parameters[name].default is not None:
            yield f"The unwritten input {name} must have the default None."


def _wrong_steps(steps: Sequence[AnyStep]) -> Iterator[str]:
    names = [step.name for step in steps]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"There are two steps called {name}."
    for step in steps:
        if isinstance(step, Child):
            continue
        if step.undo is None and not step.irreversible:
            yield (
                f"The step {step.name} has no undo: give it one, or say why it needs "
                'none with irreversible="...".'
            )
        if not values.is_plain(values.output_of(step.do)):
            yield f"The step {step.name} must return {values.PLAINLY}."


_orchestrators: Orchestrators | None = None


def bind(found: Orchestrators) -> None:
    """Make these the orchestrators of this process."""
    global _orchestrators
    _orchestrators = found


def orchestrators() -> Orchestrators:
    """Return the bound orchestrators."""
    if _orchestrators is None:
        raise RuntimeError("No host is open: call open_host() first.")
    return _orchestrators
