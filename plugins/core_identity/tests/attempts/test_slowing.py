"""Guessing gets slower and slower; whoever belongs here hardly notices."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from archivolt_core_identity import hashing
from archivolt_host.kit.testing.unrecorded import unrecorded

pytestmark = pytest.mark.placements
PASSWORD = "a test password"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.1"


@pytest.fixture
def attempt(app, tenant):
    """Try to sign in from an address; return the status."""

    def attempt(password, *, name="admin", address=HOME):
        client = app.test_client()
        sent = {"username": name, "password": password}
        return client.post(
            "/vault/auth/token",
            json=sent,
            headers={"Org": "acme"},
            environ_overrides={"REMOTE_ADDR": address},
        )

    return attempt


def statuses(attempt, count, **where):
    return [attempt(f"wrong {n}", **where).status_code for n in range(count)]


def test_after_five_failures_even_the_right_password_has_to_wait(attempt, later):
    assert statuses(attempt, 6) == [401] * 5 + [429]
    answer = attempt(PASSWORD)
    assert answer.status_code == 429
    assert answer.json["code"] == "locked_out"
    assert 1 <= int(answer.headers["Retry-After"]) <= 3
    with later(seconds=3):
        assert attempt(PASSWORD).status_code == 200
        assert statuses(attempt, 5) == [401] * 5


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(attempt, later):
    statuses(attempt, 5)
    waits, passed = [], 10
    for _ in range(11):
        with later(seconds=passed):
            assert attempt("wrong").status_code == 401
            waits.append(int(attempt("wrong").headers["Retry-After"]))
        passed += waits[-1] + 2
    assert all(abs(waits[n + 1] - 2 * waits[n]) < 3 for n in range(6))
    assert all(890 < wait <= 900 for wait in waits[-2:])


def test_a_name_that_nobody_has_is_slowed_down_the_same(attempt):
    assert statuses(attempt, 6, name="nobody") == statuses(attempt, 6)


def test_who_signed_in_from_home_is_not_locked_out_by_strangers(attempt):
    assert attempt(PASSWORD).status_code == 200
    addresses = [f"198.51.100.{n}" for n in range(1, 30)]
    found = [attempt("wrong", address=a).status_code for a in addresses]
    assert found == [401] * 20 + [429] * 9
    assert attempt(PASSWORD, address=ELSEWHERE).status_code == 429
    assert attempt(PASSWORD, address=HOME).status_code == 200


def test_an_address_that_guesses_at_many_names_is_slowed_down(attempt):
    names = [f"user{n}" for n in range(55)]
    found = [attempt("wrong", name=name).status_code for name in names]
    assert found == [401] * 50 + [429] * 5
    assert attempt(PASSWORD).status_code == 429
    assert attempt(PASSWORD, address=ELSEWHERE).status_code == 200


def test_many_at_once_get_no_guess_for_nothing(attempt):
    start = Barrier(12)

    def guess(number):
        start.wait()
        return attempt(f"wrong {number}").status_code

    with ThreadPoolExecutor(12) as pool:
        found = sorted(pool.map(guess, range(12)))
    assert found == [401] * 5 + [429] * 7


def test_what_is_typed_for_a_name_is_not_kept(attempt, in_tenant, tenant):
    attempt("wrong", name="my secret password")
    with in_tenant(tenant) as work:
        rows = work.session.execute(text("SELECT * FROM identity_attempt")).all()
    assert len(rows) == 3
    assert "secret" not in str(rows)


def test_counters_are_forgotten_after_a_day(attempt, later, in_tenant, tenant):
    statuses(attempt, 6)
    with later(days=1, seconds=60):
        assert statuses(attempt, 5) == [401] * 5


@pytest.mark.parametrize(("name", "password"), [("admin", "wrong"), ("nobody", "x")])
def test_argon2_works_as_long_for_known_and_unknown_names(
    attempt, monkeypatch, name, password
):
    counting = Counting()
    hashing._nobody.cache_clear()
    monkeypatch.setattr(hashing, "hasher", counting)
    assert attempt(password, name=name).status_code == 401
    [parameters] = counting.verified
    assert parameters == counting.hash("x").split("$")[1:4]


class Counting(PasswordHasher):
    """Notes with which parameters it was asked to verify."""

    def __init__(self):
        super().__init__()
        self.verified = []

    def verify(self, hash, password):
        self.verified.append(hash.split("$")[1:4])
        return super().verify(hash, password)


def test_a_weak_hash_is_made_anew_at_the_next_sign_in(attempt, in_tenant, tenant):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=16)
    change = unrecorded("UPDATE identity_user SET password_hash = :hash")
    with in_tenant(tenant) as work:
        work.session.execute(change, {"hash": weak.hash(PASSWORD)})
    assert attempt(PASSWORD).status_code == 200
    with in_tenant(tenant) as work:
        found = work.session.scalar(text("SELECT password_hash FROM identity_user"))
    assert not hashing.is_old(found)
    assert attempt(PASSWORD).status_code == 200
