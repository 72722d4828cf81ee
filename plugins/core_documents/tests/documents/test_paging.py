import base64
import json

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


def upload(client, number):
    name = f"{number:02d}.txt"
    answer = client.post(
        "/vault/documents",
        data=f"note {number}".encode(),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        content_type="text/plain",
    )
    assert answer.status_code == 201, answer.json
    return name


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "title", "-size"])
def test_following_next_shows_every_document_once_and_in_order(client_as, sort):
    admin = client_as("admin")
    names = [upload(admin, number) for number in range(7)]
    seen, path = [], f"/vault/documents?limit=3&sort={sort}"
    while path:
        page = admin.get(path)
        assert page.status_code == 200, page.json
        seen += [item["title"] for item in page.json["items"]]
        cursor = page.json["next"]
        path = f"/vault/documents?limit=3&sort={sort}&cursor={cursor}" if cursor else ""
    assert seen == sorted(names, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-21T12:00:00",
        "2026-11-21",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-21T12:00:00+99:00",
        "",
        None,
        12,
        ["2026-11-21T12:00:00Z"],
    ],
)
def test_a_cursor_made_by_hand_with_a_time_that_is_none_is_refused(client_as, moment):
    admin = client_as("admin")
    for number in range(2):
        upload(admin, number)
    given = admin.get("/vault/documents?limit=1").json["next"]
    bound, (created, id) = json.loads(base64.urlsafe_b64decode(given + "=="))
    assert created.endswith("+00:00")
    made = base64.urlsafe_b64encode(json.dumps([bound, [moment, id]]).encode())
    answer = admin.get(f"/vault/documents?limit=1&cursor={made.decode().rstrip('=')}")
    assert answer.status_code == 400, answer.json
    assert answer.json["errors"].keys() == {"cursor"}
