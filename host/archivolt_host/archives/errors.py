"""What is wrong with an archive, as a sentence for the operator."""

from archivolt_host.errors import ArchivoltError


class ArchiveError(ArchivoltError):
    """An archive that cannot be written or read."""

    status = 422
    code = "archive"
