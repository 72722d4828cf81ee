"""What jobs take and give back: JSON that whoever lists them can send on."""

import sys

import pytest

from archivolt_host.jobs.turns import Turn

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]
UNWRITABLE = [{"a": 2**70}, ["\ud800"], float("nan"), {1, 2}, "x" * 2_000_000]


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("result", UNWRITABLE, ids=lambda one: type(one).__name__)
def test_a_result_that_nobody_could_list_fails_its_job(
    here, client_as, make_job, put, row, short, result
):
    id = put(make_job(lambda: result, retries=0, short=short))
    Turn(here, "medium").take(lambda: False)
    assert row(id).status == "failed"
    assert "A result is JSON" in row(id).problem
    assert client_as("admin").get("/vault/jobs").status_code == 200


@pytest.mark.parametrize("sent", UNWRITABLE, ids=lambda one: type(one).__name__)
def test_arguments_that_nobody_could_list_are_refused(make_job, put, sent):
    with pytest.raises(TypeError, match="takes ids and other JSON values"):
        put(make_job(lambda words: None), words=sent)


@pytest.mark.parametrize("short", [False, True])
def test_a_job_that_asks_to_exit_has_failed_and_ends_no_worker(
    here, make_job, put, row, short
):
    id = put(make_job(lambda: sys.exit(3), retries=0, short=short))
    other = put(make_job(lambda: None))
    Turn(here, "medium").take(lambda: False)
    assert (row(id).status, row(other).status) == ("failed", "done")
    assert "exit with 3" in row(id).problem
