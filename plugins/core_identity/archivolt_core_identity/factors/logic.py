"""The rules of the factors domain. Knows no SQL and no HTTP."""

from hmac import compare_digest
from secrets import token_hex
from time import time
from typing import Any
from uuid import UUID

import pyotp

from archivolt_core_identity import caller, sealing
from archivolt_core_identity.factors.models import Factor
from archivolt_core_identity.factors.service import factors
from archivolt_core_identity.sessions.logic import digest
from archivolt_core_identity.users.logic import refuse_takeover
from archivolt_core_identity.users.models import User
from archivolt_host.kit.context import actor, tenant
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import RefusedError, StaleError, UnauthorizedError

STEP = 30  # seconds that a code is shown
DRIFT = (-1, 0, 1)  # steps by which a device's clock may differ
CODES, CODE_BYTES = 10, 5


class CodeWantedError(UnauthorizedError):
    """The password was right; now the code of the second factor is wanted."""

    code = "otp_required"


class WrongCodeError(UnauthorizedError):
    """The code of the second factor is wrong, or was used already."""

    code = "otp_wrong"


def check(user_id: UUID, code: str | None) -> None:
    """Take a user's code, once; who has no second factor needs none."""
    factor = factors.of(user_id)
    if factor is None or factor.confirmed_at is None:
        return
    if code is None:
        raise CodeWantedError("Send the code of your second factor too, as 'otp'.")
    _take(factor, code)


def state() -> dict[str, Any]:
    """Return whether the one who asks has a second factor."""
    factor = factors.of(actor().id)
    enrolled = factor is not None and factor.confirmed_at is not None
    return {
        "enrolled": enrolled,
        "recovery_codes": len(factor.recovery) if factor else 0,
    }


def enrol() -> dict[str, str]:
    """Return a new secret for the caller's device; it counts once it is confirmed."""
    caller.require_session()
    factor = factors.of(actor().id)
    if factor is not None and factor.confirmed_at is not None:
        raise RefusedError("You have a second factor: remove that one first.")
    if factor is not None:
        factors.delete(factor)
    secret = pyotp.random_base32()
    factors.create(user_id=actor().id, secret=sealing.seal(secret))
    issuer = f"Archivolt {tenant().slug}"
    uri = pyotp.TOTP(secret).provisioning_uri(name=actor().name, issuer_name=issuer)
    return {"secret": secret, "uri": uri}


def confirm(code: str) -> list[str]:
    """Let the device count from now on; return the codes for the day it is lost."""
    caller.require_session()
    factor = factors.of(actor().id)
    if factor is None or factor.confirmed_at is not None:
        raise RefusedError("There is no second factor that waits to be confirmed.")
    step = _step_of(factor, code)
    codes = [token_hex(CODE_BYTES) for _ in range(CODES)]
    hashes = [digest(one) for one in codes]
    factors.update(factor, confirmed_at=now(), last_step=step, recovery=hashes)
    return codes


def remove(code: str) -> None:
    """Take the caller's second factor away; the device is needed once more."""
    caller.require_session()
    factor = factors.of(actor().id)
    if factor is None:
        raise RefusedError("You have no second factor.")
    if factor.confirmed_at is not None:
        factor = _take(factor, code)
    factors.delete(factor)


def remove_of(user: User) -> None:
    """Take a user's second factor away, for who lost device and codes."""
    refuse_takeover(user)
    if (factor := factors.of(user.id)) is not None:
        factors.delete(factor)


def _take(factor: Factor, code: str) -> Factor:
    """Use a code up: one from the device, or one of those for its loss."""
    plain = code.replace(" ", "").lower()
    if (found := digest(plain)) in factor.recovery:
        left = [one for one in factor.recovery if one != found]
        return _change(factor, recovery=left)
    return _change(factor, last_step=_step_of(factor, plain))


def _change(factor: Factor, **values: Any) -> Factor:
    try:
        return factors.update(factor, **values)
    except StaleError as error:  # somebody used a code at the same moment
        raise _wrong() from error


def _step_of(factor: Factor, code: str) -> int:
    """Return the half minute that a code is of, later than any that was used."""
    device = pyotp.TOTP(sealing.unseal(factor.secret))
    for drift in DRIFT:
        step = int(time()) // STEP + drift
        right = compare_digest(device.generate_otp(step).encode(), code.encode())
        if right and step > factor.last_step:
            return step
    raise _wrong()


def _wrong() -> WrongCodeError:
    return WrongCodeError("The code is wrong, or was used already: wait for the next.")
