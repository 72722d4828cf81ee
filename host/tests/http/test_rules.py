"""URL rules work out how to build a URL when somebody asks."""

from werkzeug.routing import Rule

from archivolt_host.http.rules import LazyRule


def test_a_url_is_built_as_werkzeug_builds_it(app):
    build = app.url_map.bind("localhost").build
    assert build("plugins.Plugin", {"name": "a b", "x": "1"}) == (
        "/vault/plugins/a%20b?x=1"
    )
    assert build("plugins.Plugins") == "/vault/plugins"


def test_nothing_is_compiled_before(app, monkeypatch):
    compiled = []
    whole = Rule._compile_builder
    monkeypatch.setattr(
        Rule, "_compile_builder", lambda *a: compiled.append(a) or whole(*a)
    )
    app.add_url_rule("/new/<name>", "new", lambda: "")
    assert not compiled
    assert app.url_map.bind("localhost").build("new", {"name": "n"}) == "/new/n"
    assert compiled
    assert {type(rule) for rule in app.url_map.iter_rules()} == {LazyRule}
