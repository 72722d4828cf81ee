"""Write a file whole, or leave it as it was."""

import os
import shutil
import tempfile
from pathlib import Path


def replace(path: Path, text: str) -> None:
    """Put a text in a file's place; its mode, and a link to it, stay."""
    real = path.resolve()
    handle, draft = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        if real.exists():
            shutil.copymode(real, draft)
        os.replace(draft, real)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
