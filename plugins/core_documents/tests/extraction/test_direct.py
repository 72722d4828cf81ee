"""Small plain files are read without a sandbox, to the same end as with one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archivolt_core_documents.extraction import Limits, formats, read_at_once

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
BYTES = st.one_of(
    WORDS.map(str.encode),
    WORDS.map(lambda words: words.encode("utf-8-sig")),
    WORDS.map(lambda words: words.encode("utf-16")),
    WORDS.map(lambda words: words.encode("latin-1", "replace")),
    st.binary(min_size=1, max_size=200),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("direct") / "file"


@given(BYTES.filter(bool), st.sampled_from(["text/plain", "text/csv", "text/markdown"]))
def test_it_says_what_the_job_would_have_found(
    file: Path, content: bytes, kind: str
) -> None:
    found = read_at_once(content, kind)
    file.write_bytes(content)
    assert found in (None, formats.read(file, kind, Limits()))


def test_plain_text_is_read_at_once() -> None:
    found = read_at_once("\ufeffcafé\r\n\n z\u00ad ".encode(), "text/plain")
    assert found is not None
    assert (found.status, found.text, found.problem) == ("done", "café\nz", None)


@pytest.mark.parametrize(
    "kind", ["text/html", "application/json", "application/pdf", "application/zip"]
)
def test_whatever_has_to_be_parsed_is_not(kind: str) -> None:
    assert read_at_once(b"{}", kind) is None
