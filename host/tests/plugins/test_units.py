import pytest
from hypothesis import given
from hypothesis import strategies as st

from archivolt_host.plugins import units

COUNTS = st.integers(min_value=0, max_value=2**60)


@given(COUNTS)
def test_what_is_written_as_a_duration_is_read_as_the_same_seconds(count: int) -> None:
    assert units.seconds(units.write_seconds(count)) == count


@given(COUNTS)
def test_what_is_written_as_a_size_is_read_as_the_same_bytes(count: int) -> None:
    assert units.size(units.write_size(count)) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("15m", 900), ("7d", 604800), ("1h30m", 5400), ("90s", 90), ("1w", 604800)],
)
def test_a_duration_is_read_in_seconds(text: str, count: int) -> None:
    assert units.seconds(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("2GiB", 2**31), ("512 MiB", 2**29), ("10MB", 10**7), ("1.5KiB", 1536)],
)
def test_a_size_is_read_in_bytes(text: str, count: int) -> None:
    assert units.size(text) == count


@pytest.mark.parametrize("text", ["", "15", "m", "-1s", "1.5h", "1h x", "٣s", "1m\n"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        units.seconds(text)


@pytest.mark.parametrize("text", ["", "2", "2gib", "GiB", "-1B", "0.3B", "1MiB\n"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        units.size(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("100/h", (100, 3600)),
        ("10/m", (10, 60)),
        ("5/10m", (5, 600)),
        ("1/d", (1, 86400)),
    ],
)
def test_a_rate_is_so_many_in_so_many_seconds(
    text: str, found: tuple[int, int]
) -> None:
    assert units.rate(text) == found


@pytest.mark.parametrize(
    "text", ["", "10", "10/", "0/m", "-1/m", "1/0m", "ten/m", "1/m/m", "1 / m", "1/m\n"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        units.rate(text)
