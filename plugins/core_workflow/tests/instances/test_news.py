"""``/vault/events``: each sees the news of what they have a part in."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_workflow"),
    pytest.mark.placements,
]
NODES = {
    "a": {"kind": "task", "assign": {"users": ["ada"]}, "to": "z"},
    "z": {"kind": "end"},
}


@pytest.fixture
def news(people, run_jobs):
    """Read what somebody is told, by the names of the hooks."""

    def read(name):
        run_jobs()  # what was told gets its place in line
        answer = people(name).get("/vault/events")
        assert answer.status_code == 200, answer.text
        return sorted(item["event"] for item in answer.json["items"])

    return read


def test_a_decision_is_news_for_who_made_the_request(people, news):
    made = people("ada").post("/vault/requests", json={"title": "A chair"}).json
    path = f"/vault/requests/{made['id']}"
    people("ada").post(f"{path}/submit")
    assert people("admin").post(f"{path}/approve").status_code == 200
    assert "request_decided" in news("ada")
    assert "request_decided" not in news("eve")


def test_a_task_is_news_for_its_user_and_the_end_for_who_had_a_part(
    people, publish, start, inbox, news
):
    publish({"key": "one", "title": "one", "start": "a", "nodes": NODES})
    start("one")
    task = f"/vault/tasks/{inbox('ada')['a']['id']}"
    people("ada").post(f"{task}/claim")
    done = people("ada").post(f"{task}/decide", json={"decision": "next"})
    assert done.status_code == 200, done.text
    assert {"task_assigned", "workflow_ended"} <= set(news("ada"))
    assert not {"task_assigned", "workflow_ended"} & set(news("eve"))
