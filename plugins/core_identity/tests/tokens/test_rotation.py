"""A refresh token is used once; a copy of it costs the thief and the owner alike."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

pytestmark = pytest.mark.placements


def test_a_used_refresh_token_is_worth_nothing(tokens, refresh):
    again = refresh(tokens["refresh"])
    assert again.status_code == 200
    assert again.json["refresh"] != tokens["refresh"]
    assert refresh(tokens["refresh"]).status_code == 401


def test_who_comes_second_within_ten_seconds_harms_nobody(tokens, refresh, me):
    new = refresh(tokens["refresh"]).json
    assert refresh(tokens["refresh"]).status_code == 401
    assert me(new["access"]) == 200
    assert refresh(new["refresh"]).status_code == 200


def test_a_copy_that_is_used_later_ends_the_session(tokens, refresh, me, later):
    new = refresh(tokens["refresh"]).json
    with later(seconds=15):
        assert me(new["access"]) == 200
        assert refresh(tokens["refresh"]).status_code == 401
        # The refusal rolled its transaction back; what it found out stands.
        assert refresh(new["refresh"]).status_code == 401
        assert me(new["access"]) == 401


def test_a_copy_ends_its_own_session_alone(tokens, sign_in, refresh, me, later):
    other = sign_in().json
    refresh(tokens["refresh"])
    with later(seconds=15):
        assert refresh(tokens["refresh"]).status_code == 401
        assert me(other["access"]) == 200


def test_of_20_parallel_refreshes_exactly_one_wins(app, tokens, refresh, me):
    start = Barrier(20)

    def renew(_):
        client = app.test_client()
        start.wait()
        sent = {"refresh": tokens["refresh"]}
        return client.post("/vault/auth/refresh", json=sent, headers={"Org": "acme"})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(renew, range(20)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [401] * 19
    [won] = [answer.json for answer in answers if answer.status_code == 200]
    assert me(won["access"]) == 200
    assert refresh(won["refresh"]).status_code == 200


def test_signing_in_does_not_end_other_sessions(tokens, sign_in, refresh):
    sign_in()
    assert refresh(tokens["refresh"]).status_code == 200
