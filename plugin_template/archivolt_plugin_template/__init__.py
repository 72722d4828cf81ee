"""The template from which plugins start; ``archivolt plugin new`` renders it."""

from pathlib import Path

#: The copier template: ``copier.yml`` and the ``project`` it describes.
FOLDER = Path(__file__).resolve().parent
