"""Every read of the index, and nothing else.

A document matches when all terms are found in it. That is one row of the index for a
short document; for a long one each term may be in another of its rows, so the rows of
each term are found and the documents that have them all are kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Row,
    and_,
    bindparam,
    cast,
    column,
    func,
    or_,
    select,
    text,
)

from archivolt_core_search.index.models import PARTS, Document, Tag, part_row
from archivolt_core_search.words import vectors
from archivolt_core_search.words.queries import Query
from archivolt_host.kit.service import Service, Visible

Filters = Mapping[str, Any]
SCALE = 1e12  # scores are whole numbers inside: equal ones are equal everywhere

SQLITE = f"""
WITH parts AS MATERIALIZED (
    SELECT f.rowid / {PARTS} AS key, t.key AS term,
           -bm25(search_part_text, 8, 4, 4, 2, 1) AS weight
    FROM json_each(:terms) t CROSS JOIN search_part_text f
    WHERE f.search_part_text MATCH t.value)
SELECT rowid AS key, -bm25(search_text, 8, 4, 4, 2, 1) AS weight
FROM search_text WHERE search_text MATCH :whole
UNION ALL
SELECT key, sum(best) FROM (
    SELECT key, term, max(weight) AS best FROM parts GROUP BY key, term) AS found
WHERE key NOT IN (
    SELECT rowid / {PARTS} FROM search_part_text WHERE search_part_text MATCH :without)
GROUP BY key HAVING count(*) = :count
"""  # noqa: S608 - the only thing put in is our number
POSTGRESQL = """
SELECT key, CAST(ts_rank(vector, CAST(:any AS tsquery), 1) AS float8) AS weight
FROM search_document WHERE vector @@ CAST(:whole AS tsquery)
UNION ALL
SELECT key, sum(best) FROM (
    SELECT p.key, t.term,
           max(CAST(ts_rank(p.vector, CAST(t.query AS tsquery), 1) AS float8)) AS best
    FROM unnest(CAST(:terms AS text[])) WITH ORDINALITY AS t(query, term)
    JOIN search_part p ON p.vector @@ CAST(t.query AS tsquery)
    GROUP BY p.key, t.term) AS found
WHERE key NOT IN (
    SELECT key FROM search_part WHERE vector @@ CAST(:without AS tsquery))
GROUP BY key HAVING count(*) = :count
"""
HITS = {
    name: text(sql)
    .columns(column("key", BigInteger), column("weight", Double))
    .subquery("hits")
    for name, sql in (("sqlite", SQLITE), ("postgresql", POSTGRESQL))
}
# The texts to make snippets of: a short one, and the first part that has a term.
SHORT_TEXT = {
    "sqlite": """coalesce(
        (SELECT p.text FROM search_part p WHERE p.id = d.key * :parts + 1),
        (SELECT f.body FROM search_text f WHERE f.rowid = d.key))""",
    "postgresql": "(SELECT p.text FROM search_part p WHERE p.id = d.key * :parts + 1)",
}
ENTRIES = {
    name: text(
        f"SELECT key, title, filename, tags, properties, parts,"  # noqa: S608 - ours
        f" CASE WHEN parts = 1 THEN {short} ELSE '' END AS text"
        f" FROM search_document d WHERE key IN :keys"
    ).bindparams(bindparam("keys", expanding=True), parts=PARTS)
    for name, short in SHORT_TEXT.items()
}
PART_TEXT = {
    "sqlite": text(
        "SELECT coalesce(p.text, f.body) FROM search_part_text f"
        " JOIN search_part p ON p.id = f.rowid"
        " WHERE f.search_part_text MATCH 'body : (' || :any || ')'"
        " AND f.rowid > :first AND f.rowid < :last ORDER BY f.rowid LIMIT 1"
    ),
    "postgresql": text(
        "SELECT text FROM search_part WHERE id > :first AND id < :last"
        " AND vector @@ CAST(:any AS tsquery) ORDER BY id LIMIT 1"
    ),
}
After = tuple[int, UUID]  # score and id of the last hit seen


class HitService(Service[Document]):
    """What a query finds in the current tenant."""

    model = Document
    kind = "Document"
    scope_columns = ("id", "folder_id")
    sql_verbs = ("find", "count", "entries", "part_text")

    def find(
        self,
        query: Query,
        after: After | None,
        limit: int,
        filters: Filters,
        visible: Visible,
    ) -> Sequence[Row[Any]]:
        """Return id, key and score of the best hits that come after one."""
        hits = HITS[self._dialect]
        score = cast(hits.c.weight * SCALE, BigInteger).label("score")
        found: Any = select(Document.id, Document.key, score)
        found = found.join(hits, hits.c.key == Document.key)
        if after is not None:
            found = found.where(_beyond(score, *after))
        found = self._where(found, filters, self._seen(visible))
        found = found.order_by(score.desc(), Document.id)
        return self.connection.execute(found.limit(limit), self._asked(query)).all()

    def count(self, query: Query, filters: Filters, visible: Visible) -> int:
        """Return how many documents match."""
        hits = HITS[self._dialect]
        every = select(func.count()).select_from(Document)
        every = every.join(hits, hits.c.key == Document.key)
        counted = self._where(every, filters, self._seen(visible))
        return int(self.connection.scalar(counted, self._asked(query)) or 0)

    def entries(self, keys: Sequence[int]) -> Mapping[int, Row[Any]]:
        """Return what snippets are made of, by key; long texts are left out."""
        rows = self.connection.execute(ENTRIES[self._dialect], {"keys": list(keys)})
        return {row.key: row for row in rows}

    def part_text(self, key: int, query: Query) -> str:
        """Return the first part of a long text in which a term is found."""
        first = part_row(key, 0)
        values = {"first": first, "last": first + PARTS, "any": self._any(query)}
        return self.connection.scalar(PART_TEXT[self._dialect], values) or ""

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "tag":
            tagged = select(Tag).where(Tag.key == Document.key, Tag.tag == value)
            return tagged.exists()
        return super()._condition(name, value)

    def _asked(self, query: Query) -> dict[str, Any]:
        count = {"count": len(query.required)}
        if self._dialect == "postgresql":
            return count | vectors.for_postgresql(query)
        return count | vectors.for_sqlite(query)

    def _any(self, query: Query) -> str:
        on_postgresql = self._dialect == "postgresql"
        return vectors.any_tsquery(query) if on_postgresql else vectors.any_fts5(query)

    @property
    def _dialect(self) -> str:
        return self.connection.dialect.name


def _beyond(score: ColumnElement[int], last: int, id: UUID) -> ColumnElement[bool]:
    """Keep the hits that come after one in the order of score, then id."""
    return or_(score < last, and_(score == last, Document.id > id))


hits = HitService()
