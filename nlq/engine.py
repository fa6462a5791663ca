"""The engine: rules -> matches -> the best covers of a prompt.

Matches are found bottom-up, from the last token to the first, so that all that may follow one is already known when it
is made: a left-corner chart parser, without tables to build. Covers are then made of those of the clause kinds.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from nlq.context import Context
from nlq.cover import CLAUSE_COST, FILLER_COST, UNKNOWN_COST, Cover, Way, cheapest, cover_of
from nlq.patterns import Item, alternatives
from nlq.refusal import Problem
from nlq.rule import OPENING, Match, Rule, Scanner
from nlq.tokens import Token

BEHIND = "had"  # the kind of clauses that may begin with what opens a question, but not where that opens the prompt
WHICH = "which"
SUBJECTS = frozenset({"key-noun", "unit"})  # the kinds of matches that it asks about
NAMED = "one-keyless"  # the kind of matches that the catalog's values make
NOUN = "noun"  # the kind of clauses that say what is asked about
ASKING = frozenset(("which", "what"))
STRANDED = frozenset(("on", "at"))  # they may end such a question
ALONE = 3  # so few words may be read otherwise where nothing follows: `may`
MAX_MATCHES = 3000  # of a whole prompt; ordinary ones have about a hundred
MAX_RETRIED = 600  # of one that is tried in place of another, of which there may be several


class CrowdedError(Exception):
    """More matches than may be weighed: the prompt says the same kind of thing over and over."""


class _Node:
    """A point in the tree of all patterns: which are complete here, and how the others go on."""

    __slots__ = ("kinds", "rules", "words")

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.words: dict[str, _Node] = {}
        self.kinds: dict[str, _Node] = {}

    def add(self, items: Sequence[Item], rule: Rule) -> None:
        if not items:
            self.rules.append(rule)
            return
        item, rest = items[0], items[1:]
        if not item.words:
            _below(self.kinds, item.kind).add(rest, rule)
        for word in item.words:
            _below(self.words, word).add(rest, rule)


def _below(nodes: dict[str, _Node], key: str) -> _Node:
    found = nodes.get(key)
    if found is None:
        found = nodes[key] = _Node()
    return found


class Grammar:
    """Rules and scanners, indexed by what a match may begin with. Immutable, shared by all prompts."""

    def __init__(
        self,
        rules: Iterable[Rule],
        scanners: Iterable[Scanner],
        clauses: frozenset[str],
        fillers: frozenset[str],
        openers: frozenset[str] = frozenset(),
        leading: frozenset[str] = frozenset(),
        is_value: Callable[[str, str], bool] = lambda _word, _before: False,
    ) -> None:
        self.rules = tuple(rules)
        self.scanners = tuple(scanners)
        self._by_reach: dict[int, list[Scanner]] = {}
        for scanner in self.scanners:
            self._by_reach.setdefault(scanner.reach, []).append(scanner)
        self.clauses = clauses
        self.fillers = fillers
        self._openers = openers  # fillers at the beginning alone
        self._leading = leading  # fillers that are none at the end
        self._is_value = is_value  # whether a filler that is a stored value is one, behind the word before it
        self._root = _Node()
        self._openings = {word for rule in self.rules if rule.kind == OPENING for word in rule.pattern.split("|")}
        for rule in self.rules:
            for items in alternatives(rule.pattern):
                self._root.add(items, rule)

    def parse(self, tokens: Sequence[Token], context: Context, most: int = MAX_MATCHES) -> list[Cover]:
        """The cheapest covers, best first: at most MAX_COVERS, within MARGIN. Never empty for a non-empty prompt.

        most: matches that are weighed; beyond, CrowdedError is raised, as by all methods that read.
        """
        ways = self._ways(tokens, self._chart(tokens, context, most).matches)[-1]
        return [cover_of(way, len(tokens)) for way in ways]

    def matches(self, tokens: Sequence[Token], context: Context) -> Iterator[Match]:
        """Every match of every kind, wherever it starts."""
        return chain.from_iterable(chain.from_iterable(at.values()) for at in self._chart(tokens, context).matches)

    def begin(self, tokens: Sequence[Token], context: Context) -> "Begun":
        """Read a beginning once, to go on with it in many ways."""
        return Begun(self, self._chart(tokens, context, edges=True))

    def _chart(
        self, tokens: Sequence[Token], context: Context, most: int = MAX_MATCHES, *, edges: bool = False
    ) -> "_Chart":
        chart = _Chart(tokens, context, most, edges=edges)
        scanned = self._scanned(tokens, context)
        for position in reversed(range(len(tokens))):
            agenda = scanned[position]
            _add_words(self._root, position, position, (), 0.0, chart, agenda)
            self._close(position, agenda, chart)
        return chart

    def _scanned(self, tokens: Sequence[Token], context: Context, since: int = 0) -> list[list[Match]]:
        """What the scanners read, by where it starts; but for what ends at `since` or before."""
        scanned: list[list[Match]] = [[] for _ in tokens]
        for reach, scanners in self._by_reach.items():
            first = max(0, since + 1 - reach)
            seen = tokens[first:]
            for scanner in scanners:
                more = (since - first,) if scanner.skips else ()
                for match in scanner.scan(seen, context, *more):
                    if match.end + first > since:
                        scanned[match.start + first].append(_moved(match, first) if first else match)
        return scanned

    def _close(self, position: int, agenda: list[Match], chart: "_Chart") -> None:
        """Enter the matches of the agenda, and all that begin with one of them."""
        seen: dict[tuple[int, str, Any], float] = {}
        while agenda:
            chart.room -= 1
            if chart.room < 0:
                raise CrowdedError
            match = agenda.pop()
            key = (match.end, match.kind, match.value)
            before = seen.get(key)
            if before is not None and before <= match.cost:
                continue
            known = chart.matches[position].setdefault(match.kind, [])
            if before is not None:
                known[:] = [other for other in known if (other.end, other.kind, other.value) != key]
            seen[key] = match.cost
            known.append(match)
            node = self._root.kinds.get(match.kind)
            if node is not None:
                _add(node, position, match.end, (match.value,), match.cost, chart, agenda)

    def _ways(
        self,
        tokens: Sequence[Token],
        chart: list[dict[str, list[Match]]],
        begun: Sequence[list[Way]] = (),
        *,
        goes_on: bool = False,
    ) -> list[list[Way]]:
        """The best ways through the tokens up to each position. goes_on: of a beginning that more words will follow.

        begun: those up to the first positions, if known. Where they are known, the chart has of those positions no more
        than the matches that reach beyond them.
        """
        best: list[list[Way]] = [*begun, *([] for _ in range(len(begun), len(tokens) + 1))]
        best[0] = [(0.0, None, None, False)]
        found: list[list[Way]] = [[] for _ in range(len(tokens) + 1)]
        last, asks = -1 if goes_on else self._last(tokens), bool(tokens) and tokens[0].norm in self._openings
        for position in range(len(tokens)):
            known, barred = chart[position], OPENING if position else BEHIND if asks else ""
            if position >= max(len(begun), 1):
                best[position] = cheapest(found[position])
            ways = best[position]
            if position >= len(begun) - 1:
                fills = self._fills(position, tokens, chart, followed=goes_on or position < last)
                passing = FILLER_COST if fills else UNKNOWN_COST
                found[position + 1].extend([(way[0] + passing, way, None, fills) for way in ways])
            for kind, matches in known.items():
                if kind in self.clauses and kind != barred:
                    for match in matches:
                        cost = match.cost + CLAUSE_COST
                        found[match.end].extend([(way[0] + cost, way, match, False) for way in ways])
        if len(tokens) >= max(len(begun), 1):
            best[-1] = cheapest(found[-1])
        return best

    def _last(self, tokens: Sequence[Token]) -> int:
        """The place of the last word that is more than a lead."""
        for place in reversed(range(len(tokens))):
            if tokens[place].norm not in self._leading and tokens[place].is_word:
                return place
        return -1

    def _fills(
        self, position: int, tokens: Sequence[Token], chart: list[dict[str, list[Match]]], *, followed: bool
    ) -> bool:
        """Whether the word there may be passed over."""
        token, known = tokens[position], chart[position]
        if token.quoted:
            return False
        if token.norm in STRANDED and not followed and self._asks_which(position, tokens, chart):
            return True
        if position == 0 and token.norm in self._openings:
            return False  # `did` asks a question where it opens the prompt, and fills in elsewhere
        if token.norm in self._leading and not followed:
            return False
        if any(match.end == position + 1 for match in known.get(NAMED, ())):
            before = tokens[position - 1].norm if position else ""
            if token.text.isupper() or self._is_value(token.norm, before):
                return False  # `GET`, where there is such a value, is no `get`; `the us` are not us
        if token.norm == WHICH and not SUBJECTS.isdisjoint(chart[position + 1]):
            return False  # `which bus`, `which hour`: not to be dropped before what it asks about
        return token.norm in self.fillers or (position == 0 and token.norm in self._openers)

    @staticmethod
    def _asks_which(position: int, tokens: Sequence[Token], chart: list[dict[str, list[Match]]]) -> bool:
        """`which weekday do most builds fail on`: the word at the end goes with what is asked about."""
        asked = any(token.norm in ASKING and NOUN in chart[i] for i, token in enumerate(tokens[:position]))
        return asked and not any(token.is_word for token in tokens[position + 1 :])

    def leads(self, token: Token) -> bool:
        """Whether the word fills only where another follows, or only where none does."""
        return not token.quoted and (token.norm in self._leading or token.norm in STRANDED)


class _Edge(Struct, frozen=True):
    """A pattern that has been met in part, up to a position, where it is at `node`."""

    position: int
    node: _Node
    values: tuple[Any, ...]
    cost: float


class _Chart:
    """All matches by start and kind, with room for so many more; and, where they are wanted, all edges by start."""

    __slots__ = ("context", "edges", "matches", "room", "tokens")

    def __init__(self, tokens: Sequence[Token], context: Context, room: int, *, edges: bool = False) -> None:
        self.tokens = tokens
        self.context = context
        self.room = room
        self.matches: list[dict[str, list[Match]]] = [{} for _ in range(len(tokens) + 1)]
        self.edges: list[list[_Edge]] | None = [[] for _ in tokens] if edges else None


class Begun:
    """A beginning of a prompt, read once. What is read within it stays; only what reaches beyond is read anew.

    weighed: the matches so far, of the beginning and of all that it has gone on with: what it has cost.
    """

    def __init__(self, grammar: Grammar, chart: _Chart) -> None:
        self.weighed = MAX_MATCHES - chart.room
        self._grammar = grammar
        self._chart = chart
        self._ways = grammar._ways(chart.tokens, chart.matches, goes_on=True)  # noqa: SLF001 - a part of the grammar

    def covers(self, count: int, more: Sequence[Token]) -> list[Cover]:
        """The covers of the first `count` tokens and `more` behind them, as `parse` would find them."""
        base, grammar = self._chart, self._grammar
        tokens = (*base.tokens[:count], *more)
        open_ = count and base.tokens[count - 1].norm == WHICH
        if count < ALONE or not tokens or open_ or grammar.leads(tokens[-1]):
            chart, known = grammar._chart(tokens, base.context, MAX_RETRIED), []  # noqa: SLF001 - a part of the grammar
        elif not more:
            chart, known = _Chart(tokens, base.context, MAX_RETRIED), self._ways[: count + 1]
        else:
            chart, known = self._gone_on(count, tokens), self._ways[: count + 1]
        self.weighed += MAX_RETRIED - chart.room
        return [cover_of(way, len(tokens)) for way in grammar._ways(tokens, chart.matches, known)[-1]]  # noqa: SLF001

    def _gone_on(self, count: int, tokens: Sequence[Token]) -> _Chart:
        """The matches that reach beyond the first `count` tokens, which the beginning has too."""
        grammar, context = self._grammar, self._chart.context
        chart = _Chart(tokens, context, MAX_RETRIED)
        scanned = grammar._scanned(tokens, context, count)  # noqa: SLF001 - a part of the grammar
        for position in reversed(range(len(tokens))):
            agenda = scanned[position]
            if position < count:
                self._add_gone_on(position, count, chart, agenda)
            else:
                _add_words(grammar._root, position, position, (), 0.0, chart, agenda)  # noqa: SLF001
            grammar._close(position, agenda, chart)  # noqa: SLF001
        return chart

    def _add_gone_on(self, start: int, count: int, chart: _Chart, found: list[Match]) -> None:
        """Add the matches from `start` of patterns that were met in part, and go on beyond the beginning."""
        for edge in (self._chart.edges or ())[start]:
            if edge.position < count:
                known = chart.matches[edge.position]
                for kind, after in edge.node.kinds.items() if known else ():
                    for match in known.get(kind, ()):
                        values, cost = (*edge.values, match.value), edge.cost + match.cost
                        _add(after, start, match.end, values, cost, chart, found)
            elif edge.position == count:
                _add_further(edge.node, start, count, edge.values, edge.cost, chart, found)


def _moved(match: Match, by: int) -> Match:
    return Match(match.start + by, match.end + by, match.kind, match.value, match.cost, match.rule, match.note)


def _add(
    node: _Node, start: int, position: int, values: tuple[Any, ...], cost: float, chart: _Chart, found: list[Match]
) -> None:
    """Add the matches from `start` of all patterns that have been met up to `position`, which is at `node`."""
    for rule in node.rules:
        value = rule.produce(chart.context, *values)
        if isinstance(value, Problem) and value.span is None:
            value = replace(value, span=(start, position))
        if value is not None:
            found.append(Match(start, position, rule.kind, value, cost + rule.cost, rule.name, rule.note))
    if node.words or node.kinds:
        if chart.edges is not None:
            chart.edges[start].append(_Edge(position, node, values, cost))
        _add_further(node, start, position, values, cost, chart, found)


def _add_further(
    node: _Node, start: int, position: int, values: tuple[Any, ...], cost: float, chart: _Chart, found: list[Match]
) -> None:
    """Add those that go on behind `position`."""
    if position == len(chart.tokens):
        return
    if node.words:
        _add_words(node, start, position, values, cost, chart, found)
    kinds, known = node.kinds, chart.matches[position]
    for kind in kinds if len(kinds) < len(known) else known:
        after = kinds.get(kind)
        if after is not None:
            for match in known.get(kind, ()):
                _add(after, start, match.end, (*values, match.value), cost + match.cost, chart, found)


def _add_words(
    node: _Node, start: int, position: int, values: tuple[Any, ...], cost: float, chart: _Chart, found: list[Match]
) -> None:
    """Add those that go on with the word at `position`."""
    token = chart.tokens[position]
    after = None if token.quoted else node.words.get(token.norm)
    if after is not None:
        _add(after, start, position + 1, values, cost, chart, found)
