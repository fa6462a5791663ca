"""The operator's aliases: a file with a line `latency = api.latency_ms` for each."""

import re
from dataclasses import dataclass
from pathlib import Path

MAX_LENGTH = 100
_MEANT = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")
_ALIAS = re.compile(r"[^\s=#]+(?: [^\s=#]+){0,5}")


class AliasError(Exception):
    """A file of aliases that cannot be used. `problems`: one line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Aliases:
    """What was read. `pairs`: (alias, the metric name or tag key that is meant)."""

    path: str = ""
    pairs: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.path


def read(path: str) -> Aliases:
    """Read a file; empty lines, and what follows a `#`, say nothing. Raises AliasError."""
    from nlq.fold import fold  # noqa: PLC0415 - takes a second, and only who has aliases needs it

    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise AliasError([f"{path}: cannot be read ({type(error).__name__})"]) from None
    pairs: dict[str, tuple[str, str]] = {}
    problems = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        alias, equals, meant = (" ".join(part.split()) for part in text.partition("="))
        reason = _wrong(alias, equals, meant)
        if not reason and pairs.setdefault("".join(map(fold, alias.split())), (alias, meant))[1] != meant:
            reason = f"{alias!r} means something else in an earlier line"
        if reason:
            problems.append(f"{path}:{number}: {reason}")
    if problems:
        raise AliasError(problems)
    return Aliases(path, tuple(pairs.values()))


def _wrong(alias: str, equals: str, meant: str) -> str:
    """Why a line cannot be used; empty if it can."""
    from nlq.rules import VOCABULARY  # noqa: PLC0415 - as above

    if not equals:
        return "not of the form alias = name"
    if not _ALIAS.fullmatch(alias) or len(alias) > MAX_LENGTH or not any(letter.isalnum() for letter in alias):
        return f"an alias is 1 to 6 words, and at most {MAX_LENGTH} characters"
    if not _MEANT.fullmatch(meant):
        return "what is meant is a metric name or a tag key: 1 to 200 letters, digits and _ . : / -"
    if set(alias.casefold().split()) <= VOCABULARY:
        return f"{alias!r} has a meaning of its own"
    return ""
