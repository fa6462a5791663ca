"""Text that a terminal may be shown."""

import sys
import unicodedata

# Control characters, what turns the direction of writing or is not seen, separators of lines, halves of characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe(text: str) -> str:
    """The text with all that a terminal would obey, or not show, written out as Python writes it."""
    if text.isprintable():
        return text
    return "".join(_written_out(char) if unicodedata.category(char) in _HIDDEN else char for char in text)


def write(text: str) -> None:
    """Lines to standard output, now: into a file or pipe as they are, on a terminal only what it may be shown."""
    if sys.stdout.isatty():
        text = "".join(f"{safe(line)}\n" for line in text.removesuffix("\n").split("\n"))
    sys.stdout.write(text)
    sys.stdout.flush()


def write_json(value: object) -> None:
    """A line of JSON, as `write` writes it."""
    import msgspec

    write(f"{msgspec.json.encode(value).decode()}\n")


def _written_out(char: str) -> str:
    return ascii(char)[1:-1]
