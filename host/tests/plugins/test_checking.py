import pytest

from archivolt_host.plugins.manifest import (
    ManifestError,
    check,
    check_file,
    completed,
    find_problems,
    parse_manifest,
    read_manifest,
)
from archivolt_host.plugins.settings import Setting


@pytest.fixture
def infos(info):
    upload = Setting.declare("max_upload", "size", "4GiB", scope="tenant")
    memory = Setting.declare("memory", "size", "512MiB", scope="host")
    return {
        "identity": info("identity", required=True),
        "clock": info("clock", scope="system"),
        "documents": info(
            "documents",
            requires={"identity": ""},
            settings={"max_upload": upload, "memory": memory},
        ),
        "mail": info(
            "mail", settings={"server": Setting("server", "string", required=True)}
        ),
        "unnamed": info("unnamed"),
    }


GOOD = """\
[plugins.identity]
[plugins.clock]
[plugins.documents]
max_upload = "2GiB"
[defaults]
enabled = ["identity"]
"""


def found(text, infos, **more):
    return [
        str(one).removeprefix("manifest.toml:")
        for one in find_problems(parse_manifest(text), infos, **more)
    ]


def test_a_right_manifest_has_no_problems(infos) -> None:
    more = "[tenants.acme]\nenabled = ['documents']\n"
    check(parse_manifest(GOOD + more), infos, {"acme"})


def test_an_unknown_plugin_names_its_line_and_the_nearest_name(infos) -> None:
    assert found("[host]\n[plugins.documnets]\n", infos) == [
        "2: unknown plugin 'documnets'; installed are clock, documents, identity, "
        "mail, unnamed. Did you mean documents?"
    ]


def test_an_unknown_setting_names_its_line(infos) -> None:
    assert found("[plugins.documents]\n\nmax_uplaod = 1\n", infos) == [
        "3: documents has no setting 'max_uplaod'; its settings are max_upload, "
        "memory. Did you mean max_upload?"
    ]


def test_a_value_of_the_wrong_type_names_its_line(infos) -> None:
    assert found("[plugins.documents]\nmax_upload = 'big'\n", infos) == [
        "2: max_upload must be a size such as '512MiB' or '2GiB', of 8 EiB at most, "
        "not 'big'."
    ]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("enabled = ['documnets']", "8: unknown plugin 'documnets'"),
        ("enabled = [\n'identity',\n'mial']", "10: unknown plugin 'mial'"),
        ("enabled = ['unnamed']", "8: unnamed is not loaded: name it with [plugins."),
        ("disabled = ['identity']", "8: identity is required and cannot be disabled"),
        ("disabled = ['clock']", "8: clock serves the whole host and cannot be"),
        ("settings.x = {}", "8: unknown plugin 'x'"),
        ("settings.documents.sise = 1", "8: documents has no setting 'sise'"),
        ("settings.documents.max_upload = true", "8: max_upload must be a size"),
        ("settings.documents.memory = 1", "8: memory of documents is one for all"),
    ],
)
def test_a_mistake_in_a_tenant_names_its_line(infos, more, sentence) -> None:
    (problem,) = found(f"{GOOD}[tenants.acme]\n{more}\n", infos)
    assert problem.startswith(sentence)


def test_a_plugin_that_is_not_loaded_may_stay_disabled(infos) -> None:
    assert not found(GOOD + "[tenants.acme]\ndisabled = ['unnamed']\n", infos)


def test_an_unknown_tenant_is_told_only_when_the_tenants_are_known(infos) -> None:
    text = GOOD + "[tenants.acm]\n"
    assert not found(text, infos)
    assert found(text, infos, known_tenants={"acme"}) == [
        "7: unknown tenant 'acm': create it first or take it out. Did you mean acme?"
    ]


def test_a_plugin_enabled_without_what_it_needs_is_told_once(info) -> None:
    infos = {"base": info("base"), "top": info("top", requires={"base": ""})}
    text = "[plugins.base]\n[plugins.top]\n[defaults]\nenabled = ['top']\n[tenants.a]\n"
    assert found(text, infos) == [
        "4: top is enabled here and needs base, which is not: enable base too, or do "
        "without top."
    ]


def test_a_tenant_that_disables_what_another_plugin_needs_is_told(info) -> None:
    infos = {"base": info("base"), "top": info("top", requires={"base": ""})}
    text = "[plugins.base]\n[plugins.top]\n[defaults]\nenabled = ['top', 'base']\n"
    (problem,) = found(text + "[tenants.a]\ndisabled = ['base']\n", infos)
    assert problem.startswith("5: top is enabled here and needs base")


def test_a_required_host_setting_without_a_value_is_asked_for(infos) -> None:
    expected = "1: mail needs a value for server: set it here."
    assert found("[plugins.mail]\n", infos) == [expected]
    assert found("[plugins.mail]\nserver = ''\n", infos) == [expected]
    assert not found("[plugins.mail]\nserver = 'smtp'\n", infos)


def test_the_reserved_words_of_a_plugin_are_checked(infos) -> None:
    text = "[plugins.documents]\nversion = 'new'\ngrants = { net = 'all' }\n"
    first, second = found(text, infos)
    assert first.startswith("2: version is not a version range")
    assert second.startswith("3: grants must be a table of lists")
    [only] = found("[plugins.documents]\ngrants = { nett = [] }\n", infos)
    assert only == (
        "2: there are no grants of nett; known are call, net. Did you mean net?"
    )


def test_a_broken_plugin_is_told_with_its_own_reason(infos) -> None:
    broken = {"torn": "Its plugin.toml is torn."}
    text = "[plugins.torn]\n[defaults]\nenabled = ['torn']\n"
    assert found(text, infos, broken=broken) == ["1: Its plugin.toml is torn."]


def test_a_problem_says_whom_it_is_limited_to(infos) -> None:
    text = GOOD + "[tenants.acme.settings.documents]\nmax_upload = 0.5\n"
    with pytest.raises(ManifestError) as error:
        check(parse_manifest(text), infos)
    (problem,) = error.value.problems
    assert (problem.plugin, problem.tenant) == ("documents", "acme")


def test_a_file_is_checked_to_the_end_in_the_order_of_its_lines(
    infos, tmp_path
) -> None:
    file = tmp_path / "manifest.toml"
    file.write_text("[plugins.documents]\nmemory = -1\n[plugins.mail]\n[host]\nx = 1\n")
    lines = [str(one).removeprefix(f"{file}:") for one in check_file(file, infos)]
    assert [line.partition(":")[0] for line in lines] == ["2", "3", "5"]


def test_a_file_is_told_which_plugins_would_be_left_out(infos, tmp_path) -> None:
    file = tmp_path / "manifest.toml"
    file.write_text("[host]\n[plugins.documents]\n")
    (problem,) = check_file(file, infos)
    assert str(problem) == (
        f"{file}:2: documents would be left out. It needs identity: name it with "
        "[plugins.identity]."
    )


def test_a_required_plugin_brings_the_required_ones_that_it_needs(
    info, tmp_path
) -> None:
    found = {
        "rights": info("rights", required=True),
        "people": info("people", required=True, requires={"rights": ""}),
        "notes": info("notes", requires={"people": ""}),
    }
    file = tmp_path / "manifest.toml"
    file.write_text("[host]\n[plugins.people]\n")
    assert check_file(file, found) == []
    assert set(completed(read_manifest(file), found).plugins) == {"people", "rights"}
    file.write_text("[host]\n[plugins.notes]\n")
    assert set(completed(read_manifest(file), found).plugins) == {"notes"}
