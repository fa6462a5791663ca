"""The engine: rules -> matches -> the best covers of a prompt.

A rule is a value: a name, a pattern and a producer. A pattern is a line of items:

    last|past <integer> <unit>       words to be met as they stand, and values of a kind
    the? <ordinal>                   an item with `?` may be missing

The producer gets the context and the values of the `<kind>` items in order, and returns the value of the new
match (of the rule's `kind`), or None when the parts do not make sense together. Scanners feed matches that no
pattern can spell: numbers, dates, names from the catalog.

Matches are found bottom-up, from the last token to the first, so that all that may follow a match is already
known when it is made: a left-corner chart parser, without tables to build. The cover then strings matches of
the clause kinds and fillers together over the whole prompt, cheapest first; a word that nothing covers is
unknown, and so dear that a cover has one only when it must.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from nlq.context import Context
from nlq.tokens import Token

CLAUSE_COST = 1.0  # so that fewer, longer clauses win
FILLER_COST = 0.2
UNKNOWN_COST = 100.0
NAMED = "one-keyless"  # the kind of matches that the catalog's values make
OPENING = "lead"  # the kind of clauses that stand at the beginning or nowhere
MAX_COVERS = 8
MAX_SCANNED = 6  # words before the end of a beginning that a scanner may need to see
MAX_MATCHES_A_POSITION = 200  # bounds the work on hostile prompts; ordinary ones stay under 40

Producer = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` makes a `kind`. `cost` is what it takes to believe this reading: 0 for plain speech."""

    name: str
    pattern: str
    kind: str
    produce: Producer
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """A reading of the tokens `[start, end)`: a value of a kind. `cost` adds up over its parts."""

    start: int
    end: int
    kind: str
    value: Any
    cost: float
    rule: str


@dataclass(frozen=True, slots=True)
class Scanner:
    """Matches that are read off the tokens themselves: `scan(tokens, context)` yields them in any order.

    skips: takes a third argument, a position, and leaves out matches that end there or before.
    """

    name: str
    scan: Callable[..., Iterable[Match]]
    skips: bool = False


@dataclass(frozen=True, slots=True)
class Cover:
    """One way to read the whole prompt: clauses, and the positions of fillers and of unknown words."""

    cost: float
    clauses: tuple[Match, ...]
    fillers: tuple[int, ...]
    unknown: tuple[int, ...]

    def passing(self, position: int, *, filler: bool) -> "Cover":
        """This cover with the word before it, which no clause reads."""
        if filler:
            return Cover(self.cost + FILLER_COST, self.clauses, (position, *self.fillers), self.unknown)
        return Cover(self.cost + UNKNOWN_COST, self.clauses, self.fillers, (position, *self.unknown))

    def reading(self, match: Match) -> "Cover":
        """This cover with a clause before it."""
        cost = self.cost + match.cost + CLAUSE_COST
        return Cover(cost, (match, *self.clauses), self.fillers, self.unknown)


@dataclass(frozen=True, slots=True)
class _Item:
    words: frozenset[str]  # empty for a kind
    kind: str


def _alternatives(pattern: str) -> Iterator[tuple[_Item, ...]]:
    """The item sequences that a pattern stands for: one for each choice of its optional items."""
    choices = []
    for part in pattern.split():
        optional = part.endswith("?") and len(part) > 1
        text = part[:-1] if optional else part
        is_kind = text.startswith("<") and text.endswith(">") and len(text) > 2
        item = _Item(frozenset(), text[1:-1]) if is_kind else _Item(frozenset(text.split("|")), "")
        choices.append(((item,), ()) if optional else ((item,),))
    for chosen in product(*choices):
        items = tuple(item for part in chosen for item in part)
        if items:
            yield items


class _Node:
    """A point in the tree of all patterns: which are complete here, and how the others go on."""

    __slots__ = ("kinds", "rules", "words")

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.words: dict[str, _Node] = {}
        self.kinds: dict[str, _Node] = {}

    def add(self, items: Sequence[_Item], rule: Rule) -> None:
        if not items:
            self.rules.append(rule)
            return
        item, rest = items[0], items[1:]
        if not item.words:
            self.kinds.setdefault(item.kind, _Node()).add(rest, rule)
        for word in item.words:
            self.words.setdefault(word, _Node()).add(rest, rule)


def spelled_out(rules: Iterable[Rule]) -> frozenset[str]:
    """Every word that a pattern of the rules spells out."""
    alternatives = (items for rule in rules for items in _alternatives(rule.pattern))
    return frozenset(word for items in alternatives for item in items for word in item.words)


class Grammar:
    """Rules and scanners, indexed by what a match may begin with. Immutable, shared by all prompts."""

    def __init__(
        self,
        rules: Iterable[Rule],
        scanners: Iterable[Scanner],
        clauses: frozenset[str],
        fillers: frozenset[str],
    ) -> None:
        self.rules = tuple(rules)
        self.scanners = tuple(scanners)
        self.clauses = clauses
        self.fillers = fillers
        self._root = _Node()
        self._openings = {word for rule in self.rules if rule.kind == OPENING for word in rule.pattern.split("|")}
        for rule in self.rules:
            for items in _alternatives(rule.pattern):
                self._root.add(items, rule)

    def parse(self, tokens: Sequence[Token], context: Context) -> list[Cover]:
        """The cheapest covers, at most MAX_COVERS, best first; never empty for a non-empty prompt."""
        return self._covers(tokens, self._chart(tokens, context).matches)

    def matches(self, tokens: Sequence[Token], context: Context) -> Iterator[Match]:
        """Every match of every kind, wherever it starts."""
        for position in self._chart(tokens, context).matches:
            for matches in position.values():
                yield from matches

    def begin(self, tokens: Sequence[Token], context: Context) -> "Begun":
        """Read a beginning once, to go on with it in many ways."""
        return Begun(self, self._chart(tokens, context, edges=True))

    def _chart(self, tokens: Sequence[Token], context: Context, *, edges: bool = False) -> "_Chart":
        chart = _Chart(tokens, context, edges=edges)
        scanned = self._scanned(tokens, context)
        for position in reversed(range(len(tokens))):
            agenda = scanned[position]
            agenda.extend(_words(self._root, position, position, (), 0.0, chart))
            self._close(position, agenda, chart)
        return chart

    def _scanned(self, tokens: Sequence[Token], context: Context, since: int = 0) -> list[list[Match]]:
        """What the scanners read, by where it starts; where it ends at `since` or before, it may be missing."""
        scanned: list[list[Match]] = [[] for _ in tokens]
        for scanner in self.scanners:
            more = (since,) if scanner.skips else ()
            for match in scanner.scan(tokens, context, *more):
                scanned[match.start].append(match)
        return scanned

    def _close(self, position: int, agenda: list[Match], chart: "_Chart") -> None:
        """Enter the matches of the agenda, and all that begin with one of them."""
        seen: dict[tuple[int, str, Any], float] = {}
        while agenda and len(seen) < MAX_MATCHES_A_POSITION:
            match = agenda.pop()
            key = (match.end, match.kind, match.value)
            if seen.get(key, float("inf")) <= match.cost:
                continue
            known = chart.matches[position].setdefault(match.kind, [])
            if key in seen:
                known[:] = [other for other in known if (other.end, other.kind, other.value) != key]
            seen[key] = match.cost
            known.append(match)
            node = self._root.kinds.get(match.kind)
            if node is not None:
                agenda.extend(_matches(node, position, match.end, (match.value,), match.cost, chart))

    def _covers(self, tokens: Sequence[Token], chart: list[dict[str, list[Match]]]) -> list[Cover]:
        best: list[list[Cover]] = [[] for _ in range(len(tokens) + 1)]
        best[len(tokens)] = [Cover(0.0, (), (), ())]
        for position in reversed(range(len(tokens))):
            token = tokens[position]
            # `GET`, where there is such a value, is no `get`
            named = any(match.end == position + 1 for match in chart[position].get(NAMED, ()))
            filler = token.norm in self.fillers and not token.quoted and not (named and token.text.isupper())
            if position == 0 and token.norm in self._openings:
                filler = False  # `did` asks a question where it opens the prompt, and fills in elsewhere
            found = [rest.passing(position, filler=filler) for rest in best[position + 1]]
            for kind, matches in chart[position].items():
                if kind in self.clauses and (position == 0 or kind != OPENING):
                    found.extend(rest.reading(match) for match in matches for rest in best[match.end])
            best[position] = heapq.nsmallest(MAX_COVERS, found, key=lambda cover: cover.cost)
        return best[0]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A pattern that has been met in part, up to a position, where it is at `node`."""

    position: int
    node: _Node
    values: tuple[Any, ...]
    cost: float


class _Chart:
    """All matches by start and kind; and, where they are wanted, all edges by start."""

    __slots__ = ("context", "edges", "matches", "tokens")

    def __init__(self, tokens: Sequence[Token], context: Context, *, edges: bool = False) -> None:
        self.tokens = tokens
        self.context = context
        self.matches: list[dict[str, list[Match]]] = [{} for _ in range(len(tokens) + 1)]
        self.edges: list[list[_Edge]] | None = [[] for _ in tokens] if edges else None


class Begun:
    """A beginning of a prompt, read once. What is read within it stays; only what reaches beyond is read anew."""

    def __init__(self, grammar: Grammar, chart: _Chart) -> None:
        self._grammar = grammar
        self._chart = chart

    def covers(self, count: int, more: Sequence[Token]) -> list[Cover]:
        """The covers of the first `count` tokens and `more` behind them, as `parse` would find them."""
        base, grammar = self._chart, self._grammar
        tokens = (*base.tokens[:count], *more)
        chart = _Chart(tokens, base.context)
        first = max(0, count - MAX_SCANNED)
        scanned = grammar._scanned(tokens[first:], base.context, count - first)  # noqa: SLF001 - a part of the grammar
        for position in reversed(range(len(tokens))):
            agenda = [] if position < first else [_moved(match, first) for match in scanned[position - first]]
            if position < count:
                agenda = [match for match in agenda if match.end > count]
                agenda.extend(self._gone_on(position, count, chart))
            else:
                agenda.extend(_words(grammar._root, position, position, (), 0.0, chart))  # noqa: SLF001
            if agenda:
                grammar._close(position, agenda, chart)  # noqa: SLF001
        for position in range(count):
            within = base.matches[position]
            for kind, matches in within.items():
                if kept := [match for match in matches if match.end <= count]:
                    chart.matches[position].setdefault(kind, []).extend(kept)
        return grammar._covers(tokens, chart.matches)  # noqa: SLF001

    def _gone_on(self, start: int, count: int, chart: _Chart) -> Iterator[Match]:
        """The matches from `start` of patterns that were met in part, and go on beyond the beginning."""
        for edge in (self._chart.edges or ())[start]:
            if edge.position < count:
                known = chart.matches[edge.position]
                for kind, after in edge.node.kinds.items() if known else ():
                    for match in known.get(kind, ()):
                        values, cost = (*edge.values, match.value), edge.cost + match.cost
                        yield from _matches(after, start, match.end, values, cost, chart)
            elif edge.position == count:
                yield from _further(edge.node, start, count, edge.values, edge.cost, chart)


def _moved(match: Match, by: int) -> Match:
    return replace(match, start=match.start + by, end=match.end + by) if by else match


def _matches(
    node: _Node, start: int, position: int, values: tuple[Any, ...], cost: float, chart: _Chart
) -> Iterator[Match]:
    """The matches from `start` of all patterns that have been met up to `position`, which is at `node`."""
    for rule in node.rules:
        value = rule.produce(chart.context, *values)
        if value is not None:
            yield Match(start, position, rule.kind, value, cost + rule.cost, rule.name)
    if chart.edges is not None and (node.words or node.kinds):
        chart.edges[start].append(_Edge(position, node, values, cost))
    yield from _further(node, start, position, values, cost, chart)


def _further(
    node: _Node, start: int, position: int, values: tuple[Any, ...], cost: float, chart: _Chart
) -> Iterator[Match]:
    """Those that go on behind `position`."""
    if position < len(chart.tokens):
        if node.words:
            yield from _words(node, start, position, values, cost, chart)
        known = chart.matches[position]
        for kind, after in node.kinds.items():
            for match in tuple(known.get(kind, ())):
                yield from _matches(after, start, match.end, (*values, match.value), cost + match.cost, chart)


def _words(
    node: _Node, start: int, position: int, values: tuple[Any, ...], cost: float, chart: _Chart
) -> Iterator[Match]:
    """Those that go on with the word at `position`."""
    token = chart.tokens[position]
    after = None if token.quoted else node.words.get(token.norm)
    if after is not None:
        yield from _matches(after, start, position + 1, values, cost, chart)
