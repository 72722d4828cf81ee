"""Sample folders and documents for ``archivolt demo``."""

from archivolt_core_documents.blobs import blobs
from archivolt_core_documents.contents.receiving import Received
from archivolt_core_documents.documents import logic
from archivolt_core_documents.folders import logic as folder_logic
from archivolt_core_documents.folders.service import folders
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import uuid7

SAMPLES = {
    "Contracts": {
        "office-lease.txt": "This contract of lease is made between Vault Ltd. and the "
        "landlord. The rent is due on the first day of each month.",
        "supplier-agreement.txt": "Supplier agreement: delivery within ten days, "
        "payment within thirty. The contract ends on 31 December.",
    },
    "Minutes": {
        "board-2026-10.md": "# Board meeting\n\nPresent: Ada, Grace, Linus. The board "
        "approves the budget and the café on the ground floor.",
    },
    "Invoices": {
        "invoice-1001.csv": "item,quantity,price\nChair,12,89.00\nDesk,12,249.00\n",
    },
}


def load() -> str:
    """Add the samples, in folders that are not there yet."""
    new = [name for name in SAMPLES if folders.named(name, None) is None]
    for name in new:
        folder = folder_logic.create(name)
        for filename, text in SAMPLES[name].items():
            _add(filename, text, {"folder_id": folder.id, "tags": ["sample"]})
    return f"{len(new)} folders ({', '.join(SAMPLES)}) with documents"


def _add(filename: str, text: str, values: dict[str, object]) -> None:
    incoming = blobs().receive(tenant().slug, uuid7().hex)
    incoming.write(text.encode())
    received = Received(incoming, filename, incoming.finish(), "text/plain")
    logic.create(received, values)
