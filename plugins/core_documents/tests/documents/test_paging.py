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
