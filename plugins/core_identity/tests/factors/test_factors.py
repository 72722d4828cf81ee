"""A code besides the password: wanted from then on, and each good once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyotp
import pytest
from sqlalchemy import text

pytestmark = pytest.mark.placements


@pytest.fixture
def admin(tenant, client_as):
    return client_as("admin")


@pytest.fixture
def device(admin):
    """A device that was enrolled and confirmed, with its codes for the loss."""
    enrolled = admin.post("/vault/me/factor").json
    assert f"secret={enrolled['secret']}" in enrolled["uri"]
    found = pyotp.TOTP(enrolled["secret"])
    answer = admin.post("/vault/me/factor/confirm", json={"otp": found.now()})
    found.recovery = answer.json["recovery_codes"]
    return found


def test_without_a_second_factor_no_code_is_wanted(sign_in):
    assert sign_in().status_code == 200
    assert sign_in(otp="123456").status_code == 200


def test_an_unconfirmed_factor_changes_nothing(admin, sign_in):
    secret = admin.post("/vault/me/factor").json["secret"]
    assert sign_in().status_code == 200
    assert admin.post("/vault/me/factor").json["secret"] != secret


def test_from_then_on_a_code_is_wanted(device, sign_in, later):
    answer = sign_in()
    assert (answer.status_code, answer.json["code"]) == (401, "otp_required")
    with later(seconds=60):
        assert sign_in(otp=device.now()).status_code == 200


def test_the_code_is_not_asked_for_where_the_password_is_wrong(device, sign_in):
    assert sign_in(password="wrong").json["code"] == "unauthorized"


def test_a_code_is_good_once(device, sign_in, later):
    with later(seconds=60):
        code = device.now()
        assert sign_in(otp=code).status_code == 200
        answer = sign_in(otp=code)
        assert (answer.status_code, answer.json["code"]) == (401, "otp_wrong")


def test_the_code_of_the_enrolment_signs_nobody_in(device, sign_in):
    assert sign_in(otp=device.now()).status_code == 401


def test_of_many_with_one_code_one_gets_in(device, app, later):
    start = Barrier(4)

    def sign(code):
        client = app.test_client()
        start.wait()
        sent = {"username": "admin", "password": "a test password", "otp": code}
        return client.post("/vault/auth/token", json=sent, headers={"Org": "acme"})

    with later(seconds=60), ThreadPoolExecutor(4) as pool:
        found = list(pool.map(sign, [device.now()] * 4))
    assert sorted(answer.status_code for answer in found) == [200, 401, 401, 401]


@pytest.mark.parametrize("drift", [-30, 30])
def test_a_device_whose_clock_is_half_a_minute_off_is_understood(
    device, sign_in, later, drift
):
    import time

    with later(minutes=5):
        assert sign_in(otp=device.at(int(time.time()) + drift)).status_code == 200
        assert sign_in(otp=device.at(int(time.time()) + 3 * drift)).status_code == 401


def test_a_code_for_the_loss_is_good_once(device, sign_in, admin):
    code = device.recovery[0]
    assert sign_in(otp=code.upper()).status_code == 200
    assert sign_in(otp=code).status_code == 401
    assert admin.get("/vault/me/factor").json == {
        "enrolled": True,
        "recovery_codes": 9,
    }


def test_codes_are_not_guessed_for_long(device, sign_in):
    found = [sign_in(otp=f"{n:06}").status_code for n in range(7)]
    assert found[-1] == 429


def test_it_is_removed_with_one_more_code(device, sign_in, admin):
    wrong = admin.post("/vault/me/factor/remove", json={"otp": "000000"})
    assert wrong.status_code == 401
    code = {"otp": device.recovery[0]}
    assert admin.post("/vault/me/factor/remove", json=code).status_code == 204
    assert sign_in().status_code == 200


def test_a_second_one_cannot_take_its_place(device, admin):
    assert admin.post("/vault/me/factor").status_code == 409


def test_who_manages_users_helps_who_lost_all(client_as, admin, sign_in):
    member = client_as("member")
    secret = member.post("/vault/me/factor").json["secret"]
    code = {"otp": pyotp.TOTP(secret).now()}
    assert member.post("/vault/me/factor/confirm", json=code).status_code == 200
    assert sign_in("member").status_code == 401
    path = f"/vault/users/{member.get('/vault/me').json['id']}/factor"
    assert member.delete(path).status_code == 403
    assert admin.delete(path).status_code == 204
    assert sign_in("member").status_code == 200


def test_the_database_alone_shows_no_codes(device, in_tenant, tenant):
    with in_tenant(tenant) as work:
        rows = str(work.session.execute(text("SELECT * FROM identity_factor")).all())
    assert device.secret not in rows
    assert not [code for code in device.recovery if code in rows]
