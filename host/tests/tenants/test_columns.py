"""The mixins that models are made of (WA-12, WA-37)."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from archivolt_host.kit.db import LoggableMixin, StateMixin, UuidMixin, uuid7
from archivolt_host.tenants.columns import Timestamp


class Apart(DeclarativeBase):
    """A base of its own, so that no tenant gets this table."""


class Order(UuidMixin, StateMixin, LoggableMixin, Apart):
    __tablename__ = "order"
    TRANSITIONS = {"draft": ("sent",), "sent": ("paid", "draft")}  # noqa: RUF012

    title: Mapped[str] = mapped_column(default="")


def test_ids_are_version_7_and_sort_by_their_making():
    ids = [uuid7() for _ in range(1000)]
    assert {id.version for id in ids} == {7}
    assert len(set(ids)) == 1000
    milliseconds = [id.int >> 80 for id in ids]
    assert milliseconds == sorted(milliseconds)


def test_the_program_makes_the_id():
    assert Order.__table__.c.id.default.arg(None).version == 7
    assert Order.__table__.primary_key.columns.keys() == ["id"]


@pytest.mark.parametrize(
    ("state", "next_one", "may"),
    [("draft", "sent", True), ("draft", "paid", False), ("paid", "draft", False)],
)
def test_a_state_moves_along_its_transitions_only(state, next_one, may):
    assert Order(state=state).may_become(next_one) is may


def test_a_log_line_names_kind_id_and_title():
    id = uuid7()
    order = Order(id=id, state="draft", title="Chairs")
    assert order.log_fields() == {"kind": "order", "id": str(id), "title": "Chairs"}
    assert "title" not in Order(id=id, state="draft").log_fields()


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        Timestamp().process_bind_param(datetime(2026, 1, 1), None)  # noqa: DTZ001
    kept = Timestamp().process_bind_param(datetime(2026, 1, 1, tzinfo=UTC), None)
    assert kept.tzinfo is UTC


def test_json_that_only_python_writes_is_read_all_the_same():
    from archivolt_host.tenants.sqlite import _read_json

    assert _read_json('{"a": [1, "é"]}') == {"a": [1, "é"]}
    assert str(_read_json("[NaN, Infinity]")) == "[nan, inf]"
