"""CEL's own conformance cases: how many of them our expressions pass.

``cel_conformance.json`` holds the cases of google/cel-spec (Apache-2.0) that guards can
meet; those of other kinds are counted there, by the reason why they are left out.
"""

import base64
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cel_expr_python import cel

TYPES = {
    "int": cel.Type.INT,
    "uint": cel.Type.UINT,
    "double": cel.Type.DOUBLE,
    "bool": cel.Type.BOOL,
    "string": cel.Type.STRING,
    "bytes": cel.Type.BYTES,
    "timestamp": cel.Type.TIMESTAMP,
    "duration": cel.Type.DURATION,
    "null": cel.Type.NULL,
    "dyn": cel.Type.DYN,
}
LEFT_OUT = {
    "extension": "libraries beyond the language, which are not switched on",
    "protobuf": "messages and wrappers: facts here are plain data",
    "type deduction alone": "cases that name a type and nothing else",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def suite():
    return json.loads(Path(__file__).with_name("cel_conformance.json").read_text())


def typed(kind):
    """Return the type that a case declares for a variable."""
    if isinstance(kind, str):
        return TYPES[kind]
    name, *inner = kind
    make = cel.Type.List if name == "list" else cel.Type.Map
    return make(*[typed(one) for one in inner])


def plain(value):
    """Return a value as Python has it."""
    ((kind, found),) = value.items()
    match kind:
        case "double":
            return float(found)
        case "bytes":
            return base64.b64decode(found)
        case "list":
            return [plain(one) for one in found]
        case "map":
            return {plain(key): plain(one) for key, one in found}
        case "timestamp":
            return EPOCH + timedelta(seconds=found[0], microseconds=found[1] // 1000)
        case "duration":
            return timedelta(seconds=found[0], microseconds=found[1] // 1000)
    return found


def same(found, wanted):
    """Compare values and their types: 1, 1.0 and true are three things."""
    if isinstance(found, bytearray):
        found = bytes(found)
    if isinstance(wanted, float) and math.isnan(wanted):
        return isinstance(found, float) and math.isnan(found)
    if type(found) is not type(wanted):
        return False
    if isinstance(wanted, list):
        pairs = zip(found, wanted, strict=False)
        return len(found) == len(wanted) and all(same(a, b) for a, b in pairs)
    if isinstance(wanted, dict):
        keys = found.keys() == wanted.keys()
        return keys and all(same(found[key], wanted[key]) for key in wanted)
    return found == wanted


def passes(case):
    """Return whether a case comes to what it should."""
    declared = {name: typed(kind) for name, kind in case.get("env", {}).items()}
    given = {name: plain(value) for name, value in case.get("given", {}).items()}
    try:
        environment = cel.NewEnv(
            variables=declared, container=case.get("container", "")
        )
        compiled = environment.compile(
            case["expr"], disable_check=case.get("unchecked", False)
        )
        result = compiled.eval(data=given)
        failed = result.type() == cel.Type.ERROR
    except Exception:
        return "error" in case
    if failed or "error" in case:
        return failed and "error" in case
    if "type" in case["value"]:
        return result.type() == cel.Type.TYPE
    try:
        return same(result.plain_value(), plain(case["value"]))
    except OverflowError:  # a time before or after Python's own
        return False


def test_nearly_all_cases_of_the_language_pass(suite):
    failed = [case["name"] for case in suite["cases"] if not passes(case)]
    share = 1 - len(failed) / len(suite["cases"])
    assert share >= 0.995, (f"{share:.2%}", failed)


def test_what_is_left_out_has_its_reason(suite):
    assert suite["skipped"].keys() == LEFT_OUT.keys()
    assert len(suite["cases"]) + sum(suite["skipped"].values()) == 2456


def test_a_wrong_answer_is_noticed(suite):
    right = [case for case in suite["cases"] if case.get("value") == {"int": 4}]
    assert right
    assert all(passes(case) for case in right)
    assert not any(passes({**case, "value": {"int": 5}}) for case in right)
    assert not any(passes({**case, "value": {"double": "4"}}) for case in right)
