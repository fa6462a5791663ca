"""Texts about time alone: bare numbers that are hours, days and years there, and no time in a prompt."""

from datetime import UTC

import pytest

from nlq.catalog import Catalog
from nlq.context import Context
from nlq.engine import Grammar
from nlq.resolve_time import resolve_time
from nlq.rules import time_alone, time_range
from nlq.tokens import tokenize
from tests.nlq.test_time import GRAMMAR, NOW, instant, matches

# phrase | start | end; `-` is an open side, `now` is now.
RANGES = """
before 4 | - | 2026-11-22 04:00
after three | 2026-11-22 03:00 | now
from 6 to 7. | 2026-11-22 06:00 | 2026-11-22 07:00
between 11 and 1 | 2026-11-22 11:00 | 2026-11-22 13:00
at 6.45? | 2026-11-22 06:45 | 2026-11-22 06:46
from three thirty to four thirty | 2026-11-22 03:30 | 2026-11-22 04:30
15 to noon | 2026-11-22 11:45 | 2026-11-22 11:46
9 on March 3 | 2026-03-03 09:00 | 2026-03-03 10:00
3.10 | 2026-10-03 | 2026-10-04
on 4.22 | 2026-04-22 | 2026-04-23
on 4-22 | 2026-04-22 | 2026-04-23
2024- 11 | 2024-11-01 | 2024-12-01
2024 AD August | 2024-08-01 | 2024-09-01
10 August 88 CE | 0088-08-10 | 0088-08-11
10 August 2569 BE | 2026-08-10 | 2026-08-11
= 2019 | 2019-01-01 | 2020-01-01
>= 2019 | 2019-01-01 | now
> = 2019 | 2019-01-01 | now
year greater than 2019 | 2020-01-01 | now
cy18 | 2018-01-01 | 2019-01-01
the two thousand and tens | 2010-01-01 | 2020-01-01
-2h5m | 2026-11-22 11:02 | 2026-11-22 11:03
2026-11-20 -10days | 2026-11-10 | 2026-11-11
of the day | 2026-11-22 | now
the week | 2026-11-16 | now
the day before | 2026-11-21 | 2026-11-22
from 2 to April 7 | 2026-04-02 | 2026-04-08
Nov 18 2014-Dec 19 2015 | 2014-11-18 | 2015-12-20
"""
CASES = [tuple(part.strip() for part in line.split(" | ")) for line in RANGES.strip().splitlines()]


@pytest.mark.parametrize(("phrase", "start", "end"), CASES, ids=[case[0] for case in CASES])
def test_phrase_alone_means_its_range(phrase: str, start: str, end: str) -> None:
    """A text about time alone may say with bare numbers what a prompt may not: there no rule reads them as time."""
    assert resolve_time(phrase, NOW) == (instant(start), instant(end))


@pytest.mark.parametrize(
    "phrase", ["before 4", "from 6 to 7", "3.10", "on 4-22", "= 2019", ">= 2019", "88 CE", "the week"]
)
def test_phrase_alone_is_no_time_of_a_prompt(phrase: str) -> None:
    """In a prompt the same words are numbers, names, or no words at all."""
    assert not [match for match in matches(phrase) if match.kind == "time"]


def test_every_rule_of_texts_alone_fires() -> None:
    """Each rule that is not for prompts reads some phrase of their table."""
    grammar = Grammar(
        (*GRAMMAR.rules, *time_alone.RULES), (*GRAMMAR.scanners, *time_alone.SCANNERS), frozenset({"time"}), frozenset()
    )
    context = Context(NOW.replace(tzinfo=UTC), Catalog())
    fired = {match.rule for case in CASES for match in grammar.matches(tokenize(case[0]), context)}
    assert sorted({rule.name for rule in time_alone.RULES} - fired) == []


def test_rule_names_are_unique() -> None:
    """Nor do two rules of both tables share a name."""
    names = [rule.name for rule in (*time_range.RULES, *time_alone.RULES)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("text", ["bought for $12 December 27", "it was 3 euros or €3 on December 27"])
def test_an_amount_of_money_is_no_part_of_a_date(text: str) -> None:
    """A number behind a currency belongs to it."""
    start, _ = resolve_time(text, NOW) or (None, None)
    assert start == instant("2025-12-27")
