"""Text that a terminal may be shown."""

import unicodedata

# Control characters, what turns the direction of writing or is not seen, separators of lines, halves of characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe(text: str) -> str:
    """The text with all that a terminal would obey, or not show, written out as Python writes it."""
    if text.isprintable():
        return text
    return "".join(_written_out(char) if unicodedata.category(char) in _HIDDEN else char for char in text)


def _written_out(char: str) -> str:
    return ascii(char)[1:-1]
