"""Steps in order, undone in reverse; children, early ends, outputs, unique keys."""

import threading

import pytest

from archivolt_host.errors import NotFoundError, RefusedError
from archivolt_host.kit import orchestrator as kit
from archivolt_host.tenants import context, sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "bank"),
    pytest.mark.placements,
]


@pytest.fixture
def state(ask):
    """Return how the newest run stands, and its steps."""

    def read():
        order = "ORDER BY created_at DESC, id DESC LIMIT 1"
        found = ask(f"SELECT id, status, problem FROM host_run {order}")
        query = "SELECT name, status FROM host_step WHERE run_id = :id ORDER BY seq"
        return (*found[0][1:], dict(ask(query, id=found[0][0])))

    return read


def test_a_failing_step_undoes_those_before_it_in_reverse(bank, ask, state):
    with pytest.raises(RefusedError, match="3 does not work"):
        bank.Write(fails="3").run()
    assert bank.LOG == ["1", "2", "3", "undo2", "undo1"]
    assert ask("SELECT * FROM bank_entry") == []
    assert state() == ("undone", "3 does not work.", {"1": "undone", "2": "undone"})


def test_all_steps_are_done_and_the_last_one_gives_the_result(bank, ask, state):
    assert bank.Write().run() == "done 3"
    assert [w for (w,) in ask("SELECT words FROM bank_entry ORDER BY words")] == [
        "1",
        "2",
        "3",
    ]
    assert state() == ("done", None, dict.fromkeys("123", "done"))


def test_a_first_step_that_fails_leaves_no_trace(bank, ask):
    with pytest.raises(RefusedError):
        bank.Write(fails="1").run()
    assert bank.LOG == ["1"]
    assert ask("SELECT * FROM host_run") == []
    assert ask("SELECT * FROM bank_entry") == []


def test_the_registry_gives_a_fresh_run_object_each_time(bank):
    one, other = kit.get("bank.write"), kit.get("bank.write")
    assert type(one) is type(other) is bank.Write
    assert one is not other
    with pytest.raises(NotFoundError, match=r"bank\.read was not found"):
        kit.get("bank.read")


def money(ask):
    return dict(ask("SELECT name, balance FROM bank_account"))


def test_a_run_across_domains_and_systems_is_done_as_a_whole(bank, ask, state):
    key = bank.Transfer("a", "b", 30).run()
    assert money(ask) == {"a": 70, "b": 130}
    assert ask("SELECT words FROM bank_entry") == [("receipt",)]
    charges = bank.world("SELECT key, amount, calls, cancelled FROM charge")
    assert (key, 30, 1, 0) in charges
    assert [c[1:] for c in charges if c[0] != key] == [(0, 1, 0)]
    assert ask("SELECT status FROM host_run") == [("done",), ("done",)]


@pytest.mark.parametrize("fails", ["clear", "receipt", "close"])
def test_wherever_it_fails_nothing_stays(bank, ask, fails):
    with pytest.raises(RefusedError):
        bank.Transfer("a", "b", 30, fails).run()
    assert money(ask) == {"a": 100, "b": 100}
    assert ask("SELECT * FROM bank_entry") == []
    assert {c for (c,) in bank.world("SELECT cancelled FROM charge")} == {1}
    assert {s for (s,) in ask("SELECT status FROM host_run")} == {"undone"}


def test_a_step_may_end_the_run_early(bank, ask, state):
    assert bank.Transfer("a", "b", 1000).run() == "There is not enough."
    assert money(ask) == {"a": 100, "b": 100}
    assert state() == ("done", None, {"withdraw": "done"})


def test_the_same_unique_key_is_done_once(bank, ask):
    first = bank.Transfer("a", "b", 30).run(unique="order 7")
    assert bank.Transfer("a", "b", 30).run(unique="order 7") == first
    assert money(ask) == {"a": 70, "b": 130}


def test_of_two_with_the_same_key_at_the_same_time_one_is_done(bank, tenant, ask):
    together, ends, refused = threading.Barrier(2), [], []

    def order():
        with context.acting(tenant):
            together.wait(10)
            try:
                ends.append(bank.Transfer("a", "b", 30).run(unique="order 7"))
            except RefusedError as error:
                refused.append(str(error))

    both = [threading.Thread(target=order) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert len(set(ends)) == 1
    assert all("is under way already: see /vault/runs/" in said for said in refused)
    assert money(ask) == {"a": 70, "b": 130}
    assert ask("SELECT COUNT(*) FROM host_run WHERE parent_id IS NULL") == [(1,)]


def test_an_undone_run_frees_its_unique_key(bank, ask):
    with pytest.raises(RefusedError):
        bank.Transfer("a", "b", 30, "close").run(unique="order 7")
    bank.Transfer("a", "b", 30).run(unique="order 7")
    assert money(ask) == {"a": 70, "b": 130}


def test_inside_an_open_write_transaction_it_is_refused(bank, ask):
    with (
        pytest.raises(RuntimeError, match="inside an open write transaction"),
        sessions.transaction() as work,
    ):
        work.connection  # noqa: B018
        bank.Write().run()
    assert bank.LOG == []


def test_what_a_run_would_forget_in_a_crash_is_refused(bank, monkeypatch):
    def remember(self):
        self.found = 1

    monkeypatch.setattr(bank.Write, "first", remember)
    with pytest.raises(AttributeError, match=r"A run forgets self\.found in a crash"):
        bank.Write().run()


def test_a_worker_does_what_was_started(bank, ask, run_jobs, tenant):
    with sessions.transaction():
        id = bank.Transfer("a", "b", 30).start(unique="order 7")
        assert bank.Transfer("a", "b", 30).start(unique="order 7") == id
    assert money(ask) == {"a": 100, "b": 100}
    [job] = run_jobs(tenant)
    assert job.result == {"run": str(id), "status": "done", "problem": None}
    assert money(ask) == {"a": 70, "b": 130}


def test_what_was_started_and_rolled_back_never_happened(bank, ask, run_jobs, tenant):
    with pytest.raises(ZeroDivisionError), sessions.transaction():
        bank.Transfer("a", "b", 30).start()
        raise ZeroDivisionError
    assert run_jobs(tenant) == []
    assert ask("SELECT * FROM host_run") == []
