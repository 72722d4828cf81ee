"""How often one address and one user may ask (TA-18, TA-45)."""

import socket

import pytest
import structlog

from archivolt_host.app import create_app
from archivolt_host.errors import LimitedError
from archivolt_host.http import limits as limiting
from archivolt_host.http.limits import Limits, household

pytestmark = [
    pytest.mark.plugins("core_identity", "mounted"),
    pytest.mark.usefixtures("mounted"),
]
SIGN_IN, ME = "/vault/auth/token", "/vault/me"
WRONG = {"username": "admin", "password": "a wrong password"}


@pytest.fixture
def lines(monkeypatch):
    """What is logged about limits, whatever another test has set up."""
    said = structlog.testing.LogCapture()
    log = structlog.wrap_logger(
        None, processors=[said], wrapper_class=structlog.stdlib.BoundLogger
    )
    monkeypatch.setattr(limiting, "log", log)
    return said.entries


def statuses(client, count, path=ME, address="10.1.1.1", method="GET", **options):
    """Ask so many times from one address; return what came, in order."""
    options["environ_overrides"] = {"REMOTE_ADDR": address}
    return [
        client.open(path, method=method, **options).status_code for _ in range(count)
    ]


@pytest.fixture
def limits(valkey):
    return lambda **presets: Limits(valkey, presets)


def passed(limits, who, most=50):
    """Return how many requests pass before one is refused."""
    for count in range(most):
        try:
            limits.check(who)
        except LimitedError:
            return count
    return most


@pytest.mark.settings(host={"limit_addresses": ["100/h"], "limit_users": ["10/m"]})
def test_the_11th_in_a_minute_and_the_101st_in_an_hour_are_refused(
    valkey, client_as, stranger
):
    admin = client_as("admin")  # signing in is the first of the hour's 100
    assert statuses(admin, 11) == [200] * 10 + [429]
    assert statuses(stranger, 91) == [401] * 90 + [429]
    assert statuses(stranger, 1, address="10.1.1.2") == [401]


@pytest.mark.settings(host={"limit_users": ["3/m"]})
def test_a_users_limit_goes_along_from_address_to_address(valkey, client_as):
    admin, grace = client_as("admin"), client_as("grace")
    assert statuses(admin, 2) == [200, 200]
    assert statuses(admin, 2, address="10.1.1.2") == [200, 429]
    assert statuses(grace, 1) == [200]


@pytest.mark.settings(host={"limit_users": ["1/m"]})
def test_users_of_the_same_name_in_two_tenants_are_two(valkey, client_as, two_tenants):
    ours, theirs = (client_as("admin", tenant=t) for t in two_tenants)
    assert statuses(ours, 2) == [200, 429]
    assert statuses(theirs, 2) == [200, 429]


@pytest.mark.settings(host={"limit_users": ["2/m"]})
def test_a_refusal_says_what_the_limit_is_and_when_to_come_back(valkey, client_as):
    admin = client_as("admin")
    statuses(admin, 2)
    answer = admin.get(ME)
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "too_many_requests"
    assert "Only 2 requests by you pass in 1m." in answer.json["detail"]
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert f"{answer.headers['Retry-After']} seconds" in answer.json["detail"]


@pytest.mark.settings(host={"limit_sign_in": ["3/m"], "limit_strangers": ["5/m"]})
def test_signing_in_is_limited_more_than_the_rest(valkey, stranger):
    tried = statuses(stranger, 4, SIGN_IN, method="POST", json=WRONG)
    assert tried == [401, 401, 401, 429]
    assert statuses(stranger, 3) == [401, 401, 429]


@pytest.mark.settings(host={"limit_strangers": ["4/m"]})
def test_guessing_tokens_and_tenants_counts(valkey, client, tenant):
    for headers in ({"Org": "nobody"}, {}, {"Org": "acme", "Authorization": "JWT x"}):
        assert statuses(client, 1, headers=headers)[0] in (400, 401, 404)
    org = {"Org": "acme"}
    assert statuses(client, 2, "/vault/nothing", headers=org) == [401, 429]


@pytest.mark.settings(host={"limit_strangers": ["1/m"]})
def test_strangers_do_not_use_up_what_the_signed_in_have(valkey, client_as, stranger):
    admin = client_as("admin")
    assert statuses(stranger, 2) == [401, 429]
    assert statuses(admin, 5) == [200] * 5


@pytest.mark.settings(host={"limit_addresses": ["1/d"], "limit_strangers": ["1/d"]})
def test_probes_are_not_limited(valkey, client):
    assert statuses(client, 5, "/vault/health/live") == [200] * 5
    assert 429 not in statuses(client, 3, "/metrics")


@pytest.mark.settings(host={"limit_strangers": ["2/m"]})
def test_two_processes_count_together(valkey, host, tenant):
    one, other = (create_app(host).test_client() for _ in range(2))
    org = {"Org": tenant.slug}
    assert statuses(one, 1, headers=org) + statuses(other, 1, headers=org) == [401] * 2
    assert statuses(one, 1, headers=org) == [429]


def test_as_shipped_a_thousand_strangers_and_fifty_refreshes_pass(valkey, host, tenant):
    client, org = create_app(host).test_client(), {"Org": tenant.slug}
    sent = {"refresh": "none"}
    renewed = statuses(
        client, 50, "/vault/auth/refresh", method="POST", json=sent, headers=org
    )
    assert set(renewed) == {401}
    assert set(statuses(client, 1000, headers=org)) == {401}


def test_as_shipped_a_signed_in_request_asks_valkey_nothing(client_as):
    admin = client_as("admin")
    with structlog.testing.capture_logs() as lines:
        assert statuses(admin, 3) == [200] * 3  # there is no Valkey here at all
    assert not [line for line in lines if "rate limits" in line["event"]]


@pytest.mark.settings(host={"limit_strangers": ["1/m"], "limit_users": ["1/m"]})
def test_without_valkey_everybody_passes_and_the_log_says_so_once(
    client_as, stranger, lines
):
    admin = client_as("admin")
    assert statuses(admin, 3) == [200] * 3
    assert statuses(stranger, 3) == [401] * 3
    said = [line for line in lines if "rate limits" in line["event"]]
    assert [line["log_level"] for line in said] == ["warning"]


def test_a_valkey_that_hangs_is_not_waited_for_long(tmp_path, lines):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        found = Limits(f"unix://{tmp_path}/s", {"users": ["1/m"]})
        for _ in range(20):
            found.check({"users": "a"})
        assert len(lines) == 1


def test_a_window_slides_it_does_not_jump(limits, valkey):
    """Three of the last second count, wherever that second begins."""
    found = limits(users=["3/1s", "4/1h"])
    who = {"users": "a"}
    assert passed(found, who) == 3
    key = "archivolt:limit:users:3/1s:a"
    found._connection.lset(key, -1, 1)  # the oldest was long ago
    assert passed(found, who) == 1


def test_what_is_refused_counts_nowhere(limits):
    found = limits(addresses=["3/m"], users=["1/m"])
    assert passed(found, {"addresses": "x", "users": "a"}) == 1
    for _ in range(5):
        with pytest.raises(LimitedError):
            found.check({"addresses": "x", "users": "a"})
    assert passed(found, {"addresses": "x"}) == 2


def test_the_longest_wait_is_told(limits):
    found = limits(addresses=["1/m"], users=["1/h"])
    found.check({"addresses": "x", "users": "a"})
    with pytest.raises(LimitedError) as refused:
        found.check({"addresses": "x", "users": "a"})
    assert int(refused.value.headers["Retry-After"]) > 60


def test_a_limit_forgets_who_asks_no_more(limits):
    found = limits(users=["1/m"])
    found.check({"users": "a"})
    [key] = found._connection.keys("archivolt:limit:*")
    assert 0 < found._connection.ttl(key) <= 60


def test_a_valkey_that_was_flushed_counts_anew(limits):
    found = limits(users=["1/m"])
    found.check({"users": "a"})
    found._connection.flushall()
    found._connection.script_flush()
    assert passed(found, {"users": "a"}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff::1"),
        ("10.0.0.1", "::ffff:10.0.0.1"),
        (None, ""),
    ],
)
def test_addresses_of_one_household_count_together(one, other):
    assert household(one) == household(other)


def test_addresses_of_two_households_do_not():
    assert household("2001:db8:1:2::3") != household("2001:db8:1:3::3")
    assert household("10.0.0.1") != household("10.0.0.2")
