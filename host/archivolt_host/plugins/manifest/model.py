"""A manifest as the host sees it, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from archivolt_host.plugins.manifest.positions import Key, positions


@dataclass(frozen=True)
class Source:
    """One file of the manifest; its line numbers are found when first asked for."""

    path: Path
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> Mapping[Key, int | str]:
        """Give the line of every key."""
        return positions(self.text)


@dataclass(frozen=True)
class TenantManifest:
    """What one tenant adds to and takes from the defaults."""

    enabled: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Manifest:
    """The deployment: typed host settings, and the plugins' settings as written."""

    host: Mapping[str, Any]
    # As written, a secret may stand here in the open: not for printing.
    plugins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    defaults: frozenset[str] = frozenset()
    tenants: Mapping[str, TenantManifest] = field(default_factory=dict)
    path: Path = Path("manifest.toml")
    sources: tuple[Source, ...] = field(default=(), repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def where(self, *key: str | int) -> str:
        """Give the file and line that a key comes from: ``manifest.toml:12``."""
        for length in range(len(key), 0, -1):
            for source in reversed(self.sources):
                if line := source.lines.get(key[:length]):
                    return f"{source.path}:{line}"
        return f"{self.path}:1"


@dataclass(frozen=True)
class Problem:
    """A mistake in the manifest; ``plugin`` and ``tenant`` say whom it is limited to.

    Without a plugin it concerns the whole deployment.
    """

    where: str
    message: str
    plugin: str | None = None
    tenant: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class ManifestError(Exception):
    """A manifest that cannot be used, with every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
