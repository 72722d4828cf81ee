"""Holds what a plugin hangs on its own routes to them, and to what it is granted."""

from collections.abc import Iterator
from functools import wraps
from typing import Any

from flask import Flask, Response, g

from archivolt_host.plugins import granting


class Held:
    """A body that is sent piece by piece, each made under its plugin's grants."""

    def __init__(self, plugin: str, pieces: Any) -> None:
        self._plugin = plugin
        self._whole = pieces
        self._pieces = iter(pieces)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with granting.at_work(self._plugin):
            return next(self._pieces)

    def close(self) -> None:
        """Let the body clean up after itself."""
        with granting.at_work(self._plugin):
            for one in (self._pieces, self._whole):
                if hasattr(one, "close"):
                    one.close()


def hold_body(plugin: str | None, response: Response) -> Response:
    """Note whose body it is that will be sent when the view has long returned."""
    if plugin is not None and response.is_streamed:
        response.response = Held(plugin, response.response)
    return response


def hold(app: Flask, plugin: str, blueprint: str) -> None:
    """Have a blueprint's own functions run as the plugin's, and where it is on."""
    for table in (
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
        app.url_value_preprocessors,
    ):
        if blueprint in table:
            table[blueprint] = [_held(plugin, one) for one in table[blueprint]]
    for handlers in app.error_handler_spec.get(blueprint, {}).values():
        for error, handler in handlers.items():
            handlers[error] = _held(plugin, handler)


def _held(plugin: str, function: Any) -> Any:
    @wraps(function)
    def held(*arguments: Any) -> Any:
        if not g.get("gated"):  # off, or refused: the answer goes on as it is
            return arguments[0] if arguments else None
        with granting.at_work(plugin):
            return function(*arguments)

    return held
