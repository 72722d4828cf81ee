"""What goes into the API of exports."""

from marshmallow import fields, validate

from archivolt_core_audit.journal.schemas import EntryFilters

FORMATS = ("json", "csv")


class ExportQuery(EntryFilters):
    """What to export, and how it is to be written."""

    format = fields.String(load_default="json", validate=validate.OneOf(FORMATS))
