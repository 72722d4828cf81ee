"""Acts as a tenant's client: calls routes with what their OpenAPI document asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from archivolt_host.http.edge import Edge

SAFE = ("get", "head", "options")
WRITES = ("post", "put", "patch", "delete")
EXAMPLES = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}


@dataclass(frozen=True)
class Answer:
    """What a route answered."""

    method: str
    path: str
    status: int
    body: Any
    location: str | None


@dataclass
class Client:
    """An administrator of one tenant, who remembers which ids there are."""

    http: "FlaskClient"
    slug: str
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def signed_in(cls, app: "Edge", slug: str, name: str, password: str) -> "Client":
        """Sign in."""
        http = app.test_client()
        http.environ_base["HTTP_ORG"] = slug
        sent = {"username": name, "password": password}
        access = http.post("/vault/auth/token", json=sent).get_json()["access"]
        http.environ_base["HTTP_AUTHORIZATION"] = f"JWT {access}"
        return cls(http, slug)

    @property
    def document(self) -> dict[str, Any]:
        """The tenant's OpenAPI document."""
        found: dict[str, Any] = self.http.get("/vault/api/openapi.json").get_json()
        return found

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Call one route."""
        headers = {"If-Match": "*"} if method in ("put", "patch", "delete") else {}
        answer = self.http.open(path, method=method.upper(), json=body, headers=headers)
        found = answer.get_json(silent=True) if answer.is_json else None
        return Answer(
            method, path, answer.status_code, found, answer.headers.get("Location")
        )

    def reads(self, paths: Mapping[str, Any]) -> Iterator[Answer]:
        """Read every route that needs nothing but its address."""
        for path, operations in paths.items():
            if "{" not in path and "get" in operations:
                yield self.call("get", path)

    def writes(self, paths: Mapping[str, Any]) -> Iterator[Answer]:
        """Make, then change, then delete whatever the routes allow."""
        for method in WRITES:
            for path, operations in paths.items():
                if method in operations and (place := self._place(path)) is not None:
                    body = self._body(operations[method])
                    yield self.call(method, place, body)

    def _place(self, path: str) -> str | None:
        """Fill in a route's address: an id is that of the list before it."""
        parts = path.split("/")
        for index, part in enumerate(parts):
            if part.startswith("{"):
                found = self._id_in("/".join(parts[:index]))
                if found is None:
                    return None
                parts[index] = found
        return "/".join(parts)

    def _id_in(self, path: str) -> str | None:
        """Return the first id that a list shows."""
        answer = self.call("get", path)
        items = answer.body.get("items") if isinstance(answer.body, dict) else None
        if answer.status != 200 or not items or "id" not in items[0]:
            return None
        return str(items[0]["id"])

    def _body(self, operation: Mapping[str, Any]) -> Any:
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else self._example(schema, "")

    def _example(self, schema: Mapping[str, Any], name: str) -> Any:
        """Return the least that a schema accepts."""
        schema = self._resolved(schema)
        if "enum" in schema:
            return schema["enum"][0]
        if "properties" in schema:
            needed = schema.get("required") or list(schema["properties"])[:1]
            return {
                key: self._example(schema["properties"][key], key) for key in needed
            }
        kind = schema.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind != "string":
            return schema.get("minimum", EXAMPLES.get(kind))
        return self._text(schema, name)

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        if schema.get("format") == "uuid":
            return self._id_of(name)
        if schema.get("format") == "date-time":
            return "2030-01-01T00:00:00Z"
        return "x" * max(1, int(schema.get("minLength", 1)))

    def _id_of(self, field_name: str) -> str:
        """Return an id that a field such as ``document_id`` may mean."""
        if field_name not in self.ids:
            listed = f"/vault/{field_name.removesuffix('_id')}s"
            nobody = "00000000-0000-7000-8000-000000000000"
            self.ids[field_name] = self._id_in(listed) or nobody
        return self.ids[field_name]

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return self._resolved(found)


def paths_of(document: Mapping[str, Any], routes: list[str]) -> dict[str, Any]:
    """Return the operations of some routes, by path."""
    import re

    own = {re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", route) for route in routes}
    return {path: found for path, found in document["paths"].items() if path in own}
