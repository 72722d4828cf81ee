"""Where an installed plugin came from, as its installer wrote it down."""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution

INDEX, EDITABLE, ADDRESS = "index", "editable", "address"


@dataclass(frozen=True)
class Provenance:
    """From where and by what it was installed, and one hash over all of its files.

    ``origin`` is ``index``, ``address`` (a file, an archive or a repository) or
    ``editable``; the address itself may tell of the machine, and is for operators.
    """

    origin: str
    installer: str
    fingerprint: str
    address: str = ""


@cache  # new files need a new process
def of(name: str) -> Provenance | None:
    """Return the provenance of a distribution, None where it is not installed."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    direct = json.loads(found.read_text("direct_url.json") or "{}")
    address = str(direct.get("url", ""))
    editable = direct.get("dir_info", {}).get("editable", False)
    record = found.read_text("RECORD") or ""
    return Provenance(
        EDITABLE if editable else ADDRESS if address else INDEX,
        (found.read_text("INSTALLER") or "").strip(),
        sha256(record.encode()).hexdigest() if record else "",
        address,
    )
