"""A business calendar that describes nothing is refused where it is written."""

import pytest

pytestmark = pytest.mark.plugins("core_identity", "core_workflow")


def test_only_a_calendar_that_can_be_is_set(client_as):
    admin, path = client_as("admin"), "/vault/plugins/core_workflow"
    wrong = {
        "time_zone": "Mars/X",
        "opens": "25:99",
        "closes": "late",
        "working_days": ["xyz"],
        "holidays": ["2026-99-99"],
    }
    answer = admin.put(path, json={"settings": wrong})
    assert answer.status_code == 400
    assert set(answer.json["errors"]) == {f"settings.{name}" for name in wrong}
    right = {
        "time_zone": "Europe/Vienna",
        "opens": "08:00",
        "closes": "16:30",
        "working_days": ["mon", "sat"],
        "holidays": ["2026-12-25"],
    }
    answer = admin.put(path, json={"settings": right})
    assert {name: answer.json["settings"][name]["value"] for name in right} == right
