"""The names of months and weekdays. A word that means other things too (`may`, `sat`) is one only in company."""

import re
from collections.abc import Iterator, Sequence

from nlq import lexicon
from nlq.context import Context
from nlq.recurrence import Days
from nlq.rule import Match, Scanner
from nlq.tokens import Token

_DAY_LIKE = re.compile(r"\d{1,2}(?:st|nd|rd|th)?(?:[-/.]|[a-z]{3})")
_YEAR = re.compile(r"19\d\d|2[01]\d\d|3[2-9]|[4-9]\d")  # `Sep 2012`, `Aug 96`
_PUNCTUATION = frozenset(".,()")
_ENDS = frozenset((*"?,.;", "vs", "versus", "against", "compared", "so", "by", "per"))
_JOINTS = frozenset(("to", "and", "or", "vs", "versus", "through", "until", "-", "–", "/"))


def _scan_names(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    """Months and weekdays. A word that means other things too is one only beside another time word."""
    words = [token.norm for token in tokens]
    alone = sum(word not in _PUNCTUATION for word in words) == 1
    for index, (token, word) in enumerate(zip(tokens, words, strict=True)):
        month, weekday = lexicon.MONTHS.get(word), lexicon.WEEKDAYS.get(word)
        if word.endswith("days") and word[:-1] in lexicon.WEEKDAYS:
            yield Match(index, index + 1, "weekdays", Days(weekday=lexicon.WEEKDAYS[word[:-1]]), 0.0, "weekdays")
        if (month is None and weekday is None) or token.quoted:
            continue
        certain = (
            word not in lexicon.DOUBTFUL
            or _ends_its_part(words, index)
            or (alone and (word in lexicon.VERBS or weekday is not None))
        )
        if not certain and not _in_company(words, index):
            continue
        end = index + 1 + (words[index + 1 : index + 2] == ["."] and len(word) <= 4)
        kind, value = ("month", month) if month is not None else ("weekday", weekday)
        yield Match(index, index + 1, kind, value, 0.0, f"{kind} name")
        if end > index + 1:
            yield Match(index, end, kind, value, 0.0, f"{kind} name")


def _ends_its_part(words: Sequence[str], index: int) -> bool:
    """Whether what may be short for a month or a weekday, and is no other word, ends the prompt or what is compared."""
    after = words[index + 1] if index + 1 < len(words) else ""
    return index > 0 and words[index] not in lexicon.VERBS and (not after or after in _ENDS)


def _in_company(words: Sequence[str], index: int) -> bool:
    before = [word for word in words[:index] if word not in _PUNCTUATION][-2:][::-1]
    after = [word for word in words[index + 1 : index + 6] if word not in _PUNCTUATION][:2]
    if before and before[0] in lexicon.TIME_LEADS:
        return True
    for beside in (before, after):
        if beside[:1] and _is_time_word(beside[0]):
            return True
        if len(beside) == 2 and beside[0] in _JOINTS and _is_time_word(beside[1]):
            return True
    return False


def _is_time_word(word: str) -> bool:
    name = (word in lexicon.MONTHS or word in lexicon.WEEKDAYS) and word not in lexicon.VERBS
    return name or _is_day(word) or bool(_YEAR.fullmatch(word))


def _is_day(word: str) -> bool:
    """`5`, `5th`, `fifth`, `13-15`, `15sep`: what stands beside a month or a weekday."""
    figures = word.rstrip("stndrh")
    if figures.isdecimal():
        return len(figures) <= 2 and 1 <= int(figures) <= 31
    first = word.partition("-")[0]
    return first in lexicon.ORDINALS or first in lexicon.TENS or bool(_DAY_LIKE.match(word))


SCANNERS = (Scanner("month and weekday", _scan_names),)
