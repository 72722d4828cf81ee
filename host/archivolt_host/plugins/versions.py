"""Versions and version ranges, as PEP 440 has them."""

# packaging costs more to import than a manifest to read: hence inside the functions.


def is_specifier(text: object) -> bool:
    """Tell whether a text is a version range: ``>=1,<2``, or empty for any."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text if isinstance(text, str) else "?")
    except InvalidSpecifier:
        return False
    return True


def fits(version: str, specifier: object) -> bool:
    """Tell whether a version is in a range; pre-releases count."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(str(specifier)).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False
