"""Whom to believe about where a request comes from (RA-68)."""

import pytest

from archivolt_host.http.forwarding import Proxies
from archivolt_host.http.gates import Addresses

TRUSTED = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]
PROXY, CALLER, EVIL = "10.0.0.1", "198.51.100.4", "203.0.113.66"


def settled(peer=PROXY, trusted=TRUSTED, **said):
    """Return address, scheme and host as the application sees them."""
    environ = {
        "REMOTE_ADDR": peer,
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "inner:8080",
    }
    environ |= {f"HTTP_X_FORWARDED_{name.upper()}": v for name, v in said.items()}
    Proxies(Addresses(trusted)).settle(environ)
    assert not [key for key in environ if "FORWARDED" in key]
    return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]


def address(chain, **more):
    return settled(**{"for": chain}, **more)[0]


@pytest.mark.parametrize(
    ("chain", "found"),
    [
        (CALLER, CALLER),
        (f"{CALLER}, 10.0.0.2", CALLER),
        (f"{CALLER},192.0.2.7,10.0.0.2", CALLER),
        (f"{CALLER}:4711", CALLER),
        ("2001:db9::1", "2001:db9::1"),
        ("[2001:db9::1]:4711", "2001:db9::1"),
        ("[2001:db9::1]", "2001:db9::1"),
        (f"::ffff:{CALLER}", CALLER),
        ("10.0.0.9", "10.0.0.9"),  # one of ours asks for itself
        ("10.0.0.9, 10.0.0.8", "10.0.0.9"),
        ("", PROXY),
    ],
)
def test_the_first_from_the_right_that_is_no_proxy_asks(chain, found):
    assert address(chain) == found


@pytest.mark.parametrize(
    "forged",
    [
        "127.0.0.1",
        "10.0.0.5",
        "127.0.0.1, 10.0.0.5, 10.0.0.6",
        "unknown",
        "<script>",
        ",,,",
        "1.2.3.4.5",
        "127.0.0.1\t",
        "_hidden, for=127.0.0.1",
    ],
)
def test_what_the_caller_forges_stands_left_and_counts_nothing(forged):
    assert address(f"{forged}, {CALLER}") == CALLER
    assert address(f"{forged}, {CALLER}, 10.0.0.2") == CALLER


@pytest.mark.parametrize("peer", [EVIL, "127.0.0.1", "11.0.0.1", "192.0.2.8"])
def test_nobody_else_is_believed(peer):
    said = {"for": "127.0.0.1", "proto": "https", "host": "umbra.localhost"}
    assert settled(peer, **said) == (peer, "http", "inner:8080")


def test_without_trusted_proxies_nobody_is_believed():
    said = {"for": CALLER, "proto": "https", "host": "umbra.localhost"}
    found = settled("127.0.0.1", trusted=[], **said)
    assert found == ("127.0.0.1", "http", "inner:8080")


def test_where_no_address_stands_the_nearest_hop_holds():
    assert address("unknown") == PROXY
    assert address("unknown, 10.0.0.2") == "10.0.0.2"


def test_a_proxy_that_is_reached_over_ipv6_is_known_by_its_address():
    assert address(CALLER, peer=f"::ffff:{PROXY}") == CALLER
    assert address(CALLER, peer="2001:db8::1") == CALLER
    assert settled(f"::ffff:{EVIL}")[0] == EVIL


def test_a_peer_without_an_address_is_not_believed():
    assert settled("", **{"for": CALLER})[0] == ""


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        ("https", "https"),
        ("HTTPS", "https"),
        ("https, http", "http"),  # the nearest proxy's word is the last one
        ("http,https", "https"),
        ("javascript", "http"),
        ("", "http"),
    ],
)
def test_the_nearest_proxy_says_which_scheme(said, scheme):
    assert settled(proto=said)[1] == scheme


@pytest.mark.parametrize(
    ("said", "host"),
    [
        ("docs.example.org", "docs.example.org"),
        ("docs.example.org:8443", "docs.example.org:8443"),
        ("forged.example, docs.example.org", "docs.example.org"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("a b", "inner:8080"),
        ("x/../y", "inner:8080"),
        ("user@x", "inner:8080"),
        ("x\r\nSet-Cookie: a=b", "inner:8080"),
        ("x:port", "inner:8080"),
    ],
)
def test_only_a_host_name_is_taken_for_one(said, host):
    assert settled(host=said)[2] == host
