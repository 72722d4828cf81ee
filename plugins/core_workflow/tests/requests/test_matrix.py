"""Who may do what with a request in which state: written by hand, on both mounts."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from archivolt_host.kit.testing.tenants import PASSWORD
from archivolt_host.kit.testing.unrecorded import unrecorded
from archivolt_host.plugins import dispatch

pytestmark = [
    pytest.mark.plugins("core_identity", "core_workflow"),
    pytest.mark.placements,
]

# Columns: whoever made it; another member; a manager where nobody is named; the one who
# is named; a manager where another is named; an owner where another is named; a manager
# who made it.
WHO = ("creator", "other", "manager", "named", "passed", "owner", "own")
MATRIX = """
            creator other manager named passed owner own
DRAFT
    get     200     404   404     404   404    404   200
    patch   200     403   403     403   403    403   200
    submit  200     403   403     403   403    403   200
    approve 403     403   409     409   403    409   403
    reject  403     403   409     409   403    409   403
SUBMITTED
    get     200     404   200     200   404    200   200
    patch   409     403   403     403   403    403   409
    submit  409     403   403     403   403    403   409
    approve 403     403   200     200   403    200   403
    reject  403     403   200     200   403    200   403
APPROVED
    get     200     404   200     200   404    200   200
    patch   409     403   403     403   403    403   409
    submit  409     403   403     403   403    403   409
    approve 403     403   409     409   403    409   403
    reject  403     403   409     409   403    409   403
REJECTED
    get     200     404   200     200   404    200   200
    patch   409     403   403     403   403    403   409
    submit  409     403   403     403   403    403   409
    approve 403     403   409     409   403    409   403
    reject  403     403   409     409   403    409   403
"""


def rows():
    """Yield each cell: the state, the action, who, and what is expected."""
    state = ""
    for line in MATRIX.strip().splitlines()[1:]:
        action, *answers = line.split()
        if not answers:
            state = action
            continue
        for who, status in zip(WHO, answers, strict=True):
            yield state, action, who, int(status)


@pytest.fixture
def staff(tenant, client_as, in_tenant):
    """Return the client of each column."""
    second = {"username": "second", "password": PASSWORD, "roles": ("manager",)}
    with in_tenant(tenant):
        dispatch.call("ensure_user", **second)
    manager = client_as("manager", tenant)
    return {
        "creator": client_as("ada", tenant),
        "other": client_as("bob", tenant),
        "manager": manager,
        "named": client_as("second", tenant),
        "passed": manager,
        "owner": client_as("owner", tenant),
        "own": manager,
    }


@pytest.fixture
def in_state(staff):
    """Make a request in a state, for one column."""
    ids = {}

    def me(client):
        return client.get("/vault/me").json["id"]

    def make(state, who):
        maker = staff["own"] if who == "own" else staff["creator"]
        reviewer = staff["named"]
        if who in ("named", "passed", "owner"):
            ids.setdefault("named", me(reviewer))
        named = ids.get("named") if who in ("named", "passed", "owner") else None
        sent = {"title": f"{state} for {who}", "assigned_to": named}
        id = maker.post("/vault/requests", json=sent).json["id"]
        if state != "DRAFT":
            assert maker.post(f"/vault/requests/{id}/submit").status_code == 200
        if state in ("APPROVED", "REJECTED"):
            action = "approve" if state == "APPROVED" else "reject"
            by = staff["owner"] if who == "manager" else reviewer
            done = by.post(f"/vault/requests/{id}/{action}")
            assert done.status_code == 200, done.text
        return id

    return make


def ask(client, action, path):
    if action == "get":
        return client.get(path)
    if action == "patch":
        return client.patch(path, json={"title": "x"}, headers={"If-Match": "*"})
    return client.post(f"{path}/{action}")


@pytest.mark.parametrize("mount", ["/vault/requests/{}", "/api/v1/requests/{}"])
def test_every_cell_of_the_matrix(staff, in_state, client, mount):
    wrong = []
    for state, action, who, expected in rows():
        path = mount.format(in_state(state, who))
        answer = ask(staff[who], action, path)
        if answer.status_code != expected:
            wrong.append((state, action, who, expected, answer.status_code))
        if expected == 200 and action in ("submit", "approve", "reject"):
            names = {
                "submit": "SUBMITTED",
                "approve": "APPROVED",
                "reject": "REJECTED",
            }
            assert answer.json["status"] == names[action]
    assert wrong == []
    client.environ_base["HTTP_ORG"] = "acme"
    for action in ("get", "patch", "submit", "approve", "reject"):
        assert ask(client, action, path).status_code == 401


def test_the_whole_table_was_asked():
    cells = list(rows())
    assert len(cells) == 4 * 5 * 7
    assert len({cell[:3] for cell in cells}) == len(cells)


def test_one_sees_ones_own_and_what_one_may_review(staff, in_state):
    made = {
        (state, who): in_state(state, who)
        for state in ("DRAFT", "SUBMITTED", "APPROVED")
        for who in ("manager", "named", "own")
    }

    def seen(who):
        return {
            r["id"] for r in staff[who].get("/vault/requests?limit=200").json["items"]
        }

    def those(*keys):
        return {id for key, id in made.items() if key in keys or key[1] in keys}

    ada = those("manager", "named")
    assert seen("creator") == ada
    assert seen("other") == set()
    sent = [key for key in made if key[0] != "DRAFT"]
    assert seen("owner") == those(*sent)
    assert seen("named") == those(*sent)
    mine = [key for key in sent if key[1] == "manager"]
    assert seen("manager") == those("own", *mine)
    approved = staff["creator"].get("/vault/requests?status=APPROVED").json["items"]
    mine = those(("APPROVED", "manager"), ("APPROVED", "named"))
    assert {r["id"] for r in approved} == mine
    of_others = staff["creator"].get(
        f"/vault/requests?created_by={staff['own'].get('/vault/me').json['id']}"
    )
    assert of_others.json["items"] == []


def test_the_database_itself_refuses_a_wrong_status(staff, in_state, tenant, in_tenant):
    in_state("SUBMITTED", "manager")
    for change in ("status = 'DONE'", "reviewed_by = created_by"):
        with pytest.raises(IntegrityError), in_tenant(tenant) as work:
            statement = unrecorded(f"UPDATE workflow_request SET {change}")
            work.connection.execute(statement)


def test_lists_have_their_indexes(tenant, in_tenant):
    with in_tenant(tenant) as work:
        found = inspect(work.connection).get_indexes("workflow_request")
    first = {index["column_names"][0] for index in found}
    assert {"status", "created_by", "assigned_to", "created_at"} <= first


def test_a_page_costs_the_same_number_of_statements(staff, in_state, query_count):
    counts = []
    for _ in range(2):
        in_state("SUBMITTED", "manager")
        with query_count() as asked:
            staff["manager"].get("/vault/requests")
        counts.append(len(asked))
    for _ in range(5):
        in_state("SUBMITTED", "manager")
    with query_count() as asked:
        staff["manager"].get("/vault/requests")
    assert len(asked) == counts[1]
