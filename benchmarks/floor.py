"""The floor: documents served by a lean, hand-written Flask application.

It stores the same rows and files as durably as Archivolt does, and nothing else: no
plugins, no user look-up, no permissions, no jobs, no log, no metrics, no ETags.
"""

import base64
import json
import mimetypes
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from flask import Flask, abort, g, request
from sqlalchemy import and_, insert, or_, select
from werkzeug.http import parse_options_header

from benchmarks.floor_storage import Storage, documents, uuid7, versions

storage = Storage(Path(os.environ["FLOOR_HOME"]))
secret = os.environ["FLOOR_SECRET"]
app = Flask(__name__)
app.json.sort_keys = False  # type: ignore[attr-defined]

COLUMNS = [c for c in documents.c if c.name not in ("revision", "trashed_at")]


@app.before_request
def authenticate() -> None:
    """Let in who has a token for the tenant that the header names."""
    if request.path == "/health":
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"])
    except jwt.PyJWTError:
        abort(401)
    g.tenant, g.user = request.headers.get("Org"), UUID(claims["sub"])
    if scheme != "JWT" or claims["org"] != g.tenant:
        abort(401)


@app.get("/health")
def health() -> dict[str, Any]:
    """Answer as long as the process runs."""
    return {"status": "ok"}


@app.get("/documents/<uuid:id>")
def get(id: UUID) -> dict[str, Any]:
    """Show a document."""
    query = select(*COLUMNS).where(documents.c.id == id, documents.c.status == "active")
    with storage.reading(g.tenant) as connection:
        row = connection.execute(query).mappings().first()
    return shown(row) if row is not None else abort(404)


@app.get("/documents")
def newest() -> dict[str, Any]:
    """List documents, newest first, with a cursor that leads on."""
    limit = request.args.get("limit", 50, int)
    if not 1 <= limit <= 200 or request.args.get("sort", "-created_at") not in SORTS:
        abort(400)
    order = documents.c.created_at.desc(), documents.c.id.desc()
    query = select(*COLUMNS).where(documents.c.status == "active").order_by(*order)
    if cursor := request.args.get("cursor"):
        query = query.where(after(cursor))
    with storage.reading(g.tenant) as connection:
        rows = connection.execute(query.limit(limit + 1)).mappings().all()
    more = cursor_at(rows[limit - 1]) if len(rows) > limit else None
    return {"items": [shown(row) for row in rows[:limit]], "next": more}


@app.post("/documents")
def create() -> tuple[dict[str, Any], int]:
    """Store a document: a multipart form with a part ``file``, or a raw body."""
    filename, content, values = sent()
    blob = storage.store(g.tenant, content)
    row = new_row(filename, values, blob.sha256, len(content))
    with storage.writing(g.tenant) as connection:
        connection.execute(insert(documents), row)
        connection.execute(insert(versions), version_of(row))
        blob.keep()
    blob.done()
    return shown(row), 201


SORTS = ("-created_at",)


def sent() -> tuple[str, bytes, dict[str, Any]]:
    """Return the file name, the content and what was said about it."""
    if request.mimetype == "multipart/form-data":
        file = request.files["file"]
        form = request.form
        values = {
            "title": form.get("title"),
            "tags": form.getlist("tags"),
            "metadata": json.loads(form.get("metadata", "{}")),
        }
        return file.filename or "unnamed", file.read(), values
    header = request.headers.get("Content-Disposition", "")
    filename = parse_options_header(header)[1].get("filename") or abort(400)
    return filename, request.get_data(), {}


def new_row(
    filename: str, values: dict[str, Any], sha256: str, size: int
) -> dict[str, Any]:
    """Return the columns of a new document."""
    moment = datetime.now(UTC)
    return {
        "id": uuid7(),
        "title": values.get("title") or filename,
        "filename": filename,
        "mime_type": mimetypes.guess_type(filename)[0] or "application/octet-stream",
        "size": size,
        "sha256": sha256,
        "version": 1,
        "status": "active",
        "text_status": "pending",
        "text_problem": None,
        "folder_id": None,
        "tags": values.get("tags") or [],
        "metadata": values.get("metadata") or {},
        "created_at": moment,
        "created_by": g.user,
        "updated_at": moment,
    }


def version_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a document's first version."""
    kept = ("filename", "mime_type", "size", "sha256", "created_at", "created_by")
    return {k: row[k] for k in kept} | {
        "id": uuid7(),
        "document_id": row["id"],
        "number": 1,
    }


def shown(row: Any) -> dict[str, Any]:
    """Return a document as JSON holds it."""
    return {k: moment(v) if isinstance(v, datetime) else v for k, v in row.items()}


def moment(value: datetime) -> str:
    """Return a time as RFC 3339; SQLite hands times out without their zone."""
    return value.replace(tzinfo=None).isoformat() + "Z"


def cursor_at(row: Any) -> str:
    """Return the cursor that goes on after a row."""
    key = f"{row['created_at'].isoformat()}|{row['id']}"
    return base64.urlsafe_b64encode(key.encode()).decode()


def after(cursor: str) -> Any:
    """Return the condition that a cursor stands for."""
    created, _, id = base64.urlsafe_b64decode(cursor).decode().partition("|")
    when, what = datetime.fromisoformat(created), UUID(id)
    column = documents.c.created_at
    same = and_(column == when, documents.c.id < what)
    return and_(column <= when, or_(column < when, same))
