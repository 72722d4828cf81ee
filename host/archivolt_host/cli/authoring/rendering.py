"""Renders the template into a folder of its own, from which files are then placed."""

import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

ANSWERED = {"yes": True, "no": False, "true": True, "false": False}


@dataclass(frozen=True)
class Rendered:
    """A rendered plugin, and the answers it came from."""

    folder: Path
    answers: Mapping[str, Any]

    def files(self) -> list[Path]:
        """Return its files, relative to its folder."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder) for path in found)


def parsed(given: Sequence[str]) -> dict[str, Any]:
    """Return ``question=answer`` pairs as the template wants them."""
    known = {n: question for n, question in _questions().items() if n != "name"}
    answers = {}
    for pair in given:
        question, equals, answer = pair.partition("=")
        if not equals or question not in known:
            raise click.ClickException(
                f"{pair!r} answers no question: write QUESTION=ANSWER, with one of "
                f"{', '.join(known)}."
            )
        is_choice = known[question]["type"] == "bool"
        answers[question] = _yes_or_no(pair, answer) if is_choice else answer
    return answers


def _yes_or_no(pair: str, answer: str) -> bool:
    if answer not in ANSWERED:
        raise click.ClickException(f"{pair!r} is no answer: write yes or no.")
    return ANSWERED[answer]


def _questions() -> dict[str, Any]:
    """Return the template's questions by name."""
    import yaml

    found = yaml.safe_load((_template() / "copier.yml").read_text(encoding="utf-8"))
    return {
        name: question
        for name, question in found.items()
        if not name.startswith("_") and question.get("when") is not False
    }


@contextmanager
def rendered(answers: Mapping[str, Any], *, defaults: bool) -> Iterator[Rendered]:
    """Render the template; what is not answered is asked, or taken as the default."""
    if not defaults and not sys.stdin.isatty():
        raise click.ClickException(
            "There is no terminal to ask questions on: add --defaults, and --with "
            "QUESTION=ANSWER for what is to be otherwise."
        )
    from copier import run_copy
    from copier.errors import CopierError

    with tempfile.TemporaryDirectory(prefix="archivolt-plugin-") as scratch:
        folder = Path(scratch) / "plugin"
        try:
            worker = run_copy(
                str(_template()), folder, dict(answers), defaults=defaults, quiet=True
            )
        except (CopierError, ValueError) as error:
            raise click.ClickException(f"The plugin was not written: {error}") from None
        asked = {name: worker.answers.combined[name] for name in _questions()}
        _refuse_pointless(answers, worker.answers.hidden)
        yield Rendered(folder, asked)


def _refuse_pointless(answers: Mapping[str, Any], hidden: Collection[str]) -> None:
    """Refuse a yes to what the other answers leave no room for."""
    for name in sorted(hidden):
        if answers.get(name) is True:
            raise click.ClickException(
                f"{name}=yes does not go with the other answers, which do without: "
                f"write {name}=no, or have what it builds on."
            )


def _template() -> Path:
    from archivolt_plugin_template import FOLDER

    return Path(FOLDER)
