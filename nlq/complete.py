"""How a prompt that is being typed may go on. Each completion is a prompt that is answered as it stands.

Proposed are, in this order: values of the key that stands at the end; names, keys, phrases and values that complete
the words at the end, the most words first; where the last word is typed to its end, what may follow, each aspect of a
question in turn; last, any other word of the language that begins so. Of phrases the likelier come first, as
`phrases.py` has them; of names those with the fewest words, then by the alphabet. Nothing depends on who asks, or on
what was asked before.
"""

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import chain, islice, takewhile

from msgspec import Struct

from nlq import lexicon
from nlq.attempt import Attempt, read
from nlq.catalog import Catalog
from nlq.clauses import Groups, KeyNoun, Metric, Ratio
from nlq.context import Context
from nlq.cover import Cover
from nlq.engine import MAX_RETRIED, CrowdedError
from nlq.fold import fold, words_of
from nlq.interpret import whole_milliseconds
from nlq.phrases import CONTINUATIONS, OPENINGS, STARTERS
from nlq.plurals import singular
from nlq.question import GroupKey, TagFilter
from nlq.rules import GRAMMAR, VOCABULARY
from nlq.tokens import Token, tokenize

MAX_COMPLETIONS = 10
MAX_WORDS = 5  # at the end, that a phrase may begin with
MAX_VOCABULARY = 5  # words that nothing but their beginning speaks for
MAX_NAMES = 50  # looked at, for some that fit
MAX_FILLINGS = 10  # names, keys or values for one place in a phrase
PATIENCE = 6  # tries in vain, one behind the other, after which a choice is left
LANE_PATIENCE = 2  # and a lane
MAX_WORK = 350  # matches weighed, over all that is tried: bounds the time, whatever the prompt is
WORK_PER_TRY = 27  # what a try costs beside its matches, as so many of them; measured, as is the next
WORK_PER_COVER = 10  # what it costs to make a question of a cover
_SLOT = re.compile(r"\{(\w+)\}")
_ASSIGNMENT = re.compile(r"([^\s=:]+)(\s*[=:]\s*|\s+(?:is\s+)?)(\S*)$")
_QUOTES = re.compile('["“”]')
_LITERALS = {  # what stands before the first place in a phrase, folded
    phrase: phrase.partition("{")[0].casefold() for phrase in chain(OPENINGS, *CONTINUATIONS.values())
}
_ALL_LITERALS = "\n".join(["", *_LITERALS.values()])  # a line each, so that one look tells whether any begins so
_REDUCING = {phrase for phrase in OPENINGS if phrase.startswith(("how many ", *lexicon.AGGREGATIONS, "p9"))}
_JOINING = ("and", ",")
_VOCABULARY = sorted(VOCABULARY - lexicon.FILLERS)


class Completion(Struct, frozen=True):
    """A prompt that begins as it was typed, and the role of its last word."""

    text: str
    role: str


def complete(prefix: str, context: Context) -> tuple[Completion, ...]:
    """At most MAX_COMPLETIONS ways to go on after `prefix`, likeliest first. Never raises."""
    typed = prefix.lstrip()
    if len(typed) > context.limits.max_prompt_length:
        return ()
    try:
        return _complete(typed, whole_milliseconds(context))
    except (OverflowError, CrowdedError):  # moved out of the years that there are, or too much to read
        return ()


def _complete(typed: str, context: Context) -> tuple[Completion, ...]:
    begun = _Beginning(typed, context)
    search = _Search(begun, context, MAX_WORK if typed else 2 * MAX_WORK)
    choices = _Typed(begun, context).choices() if typed else (("", [starter]) for starter in _starters(context.catalog))
    for head, lanes in choices:
        search.among(head, lanes)
    return tuple(search.found)


class _Search:
    """Tries what is proposed, and keeps what is answered, until there is enough of it, or it took too long.

    Proposals come in lanes, in each what is much alike: a lane, or a choice of them, of which nothing is answered
    is soon left; a choice at once where what is typed stands in the way.
    """

    def __init__(self, begun: "_Beginning", context: Context, work: int) -> None:
        self.found: list[Completion] = []
        self._begun = begun
        self._tried: set[str] = set()
        self._covers = 0  # that questions were to be made of
        self._max_work = work
        self._max_length = context.limits.max_prompt_length

    def among(self, head: str, lanes: Iterable[Iterator[str]]) -> None:
        """Try, behind `head`, the first of each lane, then the second, and so on."""
        waiting = deque((lane, 0) for lane in lanes)
        failed = 0
        while waiting and failed < PATIENCE and len(self.found) < MAX_COMPLETIONS and self._may_go_on:
            lane, lane_failed = waiting.popleft()
            if (text := next(lane, None)) is None:
                continue
            if head + text not in self._tried:
                known = len(self.found)
                if 0 < self._try(head, text) <= len(self._begun.tokens(head)):
                    break
                failed, lane_failed = (0, 0) if len(self.found) > known else (failed + 1, lane_failed + 1)
            if lane_failed < LANE_PATIENCE:
                waiting.append((lane, lane_failed))

    @property
    def _may_go_on(self) -> bool:
        return self._begun.weighed + WORK_PER_TRY * len(self._tried) + WORK_PER_COVER * self._covers < self._max_work

    def _try(self, head: str, text: str) -> int:
        """Keep it, if it is answered; else where the words end that stand in the way: 0, if that may be anything."""
        self._tried.add(head + text)
        if len(head + text) > self._max_length:
            return 0
        attempt = self._begun.read(head, text)
        self._covers += attempt.tried
        if role := attempt.last_role:
            self.found.append(Completion(head + text, role))
        return attempt.blamed


class _Beginning:
    """What is typed, read once, so that going on with it is cheap."""

    def __init__(self, text: str, context: Context) -> None:
        self.text = text
        self._context = context
        self._tokens = tokenize(text)
        self._ends = [token.end for token in self._tokens]
        self._begun = GRAMMAR.begin(self._tokens, context)
        self._read: dict[int, list[Cover]] = {}

    @property
    def weighed(self) -> int:
        """The matches that were weighed so far."""
        return self._begun.weighed

    def covers(self, head: str, more: tuple[Token, ...] = ()) -> list[Cover]:
        """Of the tokens in `head`, which is the text up to white space in it, or all of it; and of `more`."""
        count = len(self.tokens(head))
        if more:
            return self._begun.covers(count, more)
        if count not in self._read:
            self._read[count] = self._begun.covers(count, ())
        return self._read[count]

    def tokens(self, head: str) -> tuple[Token, ...]:
        count = bisect_right(self._ends, len(head))
        return self._tokens[:count]

    def read(self, head: str, text: str) -> Attempt:
        """Read `head + text`. Behind white space in the head."""
        if len(_QUOTES.findall(head)) % 2:  # what is quoted may go on behind white space
            return read(tokenize(head + text), self._context, most=MAX_RETRIED)
        more = _proposed(text)  # with their places in `text`, which nothing asks for here
        return read((*self.tokens(head), *more), self._context, self.covers(head, more), MAX_RETRIED)


@lru_cache(maxsize=1024)
def _proposed(text: str) -> tuple[Token, ...]:
    return tokenize(text)


def _starters(catalog: Catalog) -> Iterator[Iterator[str]]:
    names = _Fillings(catalog, ()).names or [""]
    for place, phrase in enumerate(STARTERS):
        name = names[place % len(names)]
        yield islice(_Fillings(catalog, (name,) if name else ()).fill(phrase), 1)


class _Fillings:
    """What the places in a phrase may be filled with.

    names: the metric meant; empty where it is not known. said: the tag keys that it must have.
    """

    def __init__(self, catalog: Catalog, names: tuple[str, ...], said: frozenset[str] = frozenset()) -> None:
        self._catalog = catalog
        self._names = names
        self._said = said

    @cached_property
    def names(self) -> list[str]:
        return list(self._names) or self.fitting(self._catalog.first_names(MAX_NAMES))

    def fitting(self, names: Iterable[str]) -> list[str]:
        """The names that have the keys, the shortest first."""
        fit = [name for name in names if self._said <= self._catalog.names[name].keys]
        return _shortest(fit)[:MAX_FILLINGS]

    @cached_property
    def keys(self) -> list[str]:
        return self._keys_of(self._names) or self._catalog.keys_from("", MAX_FILLINGS)

    def fill(self, phrase: str) -> Iterator[str]:
        """The phrase with each of what may stand in its place; `phrase` itself where it has none."""
        slots = frozenset(_SLOT.findall(phrase))
        if "value" in slots:
            pairs = ((key, value) for key in self.keys for value in self._catalog.values_from(key, "", 2))
            yield from (phrase.format(key=key, value=_quoted(value)) for key, value in pairs)
        elif slots & {"name", "duration"}:
            for name in self._catalog.measuring("duration", None) if "duration" in slots else self.names:
                key = next(iter(self._keys_of((name,))), None)
                if key or slots <= {"name", "duration"}:
                    yield phrase.format(name=name, duration=name, key=key, plural=key and _plural(key))
        elif slots:
            yield from (phrase.format(key=key, plural=_plural(key)) for key in self.keys)
        else:
            yield phrase

    def _keys_of(self, names: Iterable[str]) -> list[str]:
        return sorted({key for name in names for key in self._catalog.names[name].keys})[:MAX_FILLINGS]


class _Read:
    """What the beginning of a prompt says already.

    open: not what is measured or counted. openings: what may say that next. phrases: what may be said still, by aspect.
    lost: the end of the first word that will hardly be read, whatever follows; beyond the text, where there is none.
    """

    def __init__(self, begun: _Beginning, text: str, catalog: Catalog) -> None:
        tokens = begun.tokens(text)
        cover = begun.covers(text)[0]
        metrics = [
            clause.value.numerator if isinstance(clause.value, Ratio) else clause.value
            for clause in cover.clauses
            if isinstance(clause.value, Metric | Ratio)
        ]
        metrics = [metric for metric in metrics if len(metric.names) <= 1 or metric.several]
        kinds = {clause.kind for clause in cover.clauses}
        said = frozenset(key for clause in cover.clauses for key in _keys_in(clause.value))
        lost = (tokens[place].end for place in cover.unknown if place < len(tokens) - MAX_WORDS + 1)
        self.lost = min(lost, default=len(text) + 1)
        self.open = not metrics
        reduces = "aggregation" in kinds and tokens[-1].norm not in _JOINING  # then no other aggregation may follow
        self.openings = [phrase for phrase in OPENINGS if not (reduces and phrase in _REDUCING)]
        self.fillings = _Fillings(catalog, next((metric.names for metric in metrics if metric.names), ()), said)
        self.phrases = [phrases for kind, phrases in CONTINUATIONS.items() if kind not in kinds]


def _keys_in(clause: object) -> Iterator[str]:
    """The tag keys that a clause speaks of."""
    match clause:
        case TagFilter(key=key, negated=False):
            yield key
        case KeyNoun(key=GroupKey(kind="tag", key=key)):
            yield key
        case Groups(keys=keys):
            yield from (each.key for each in keys if each.kind == "tag")


class _Typed:
    """A prompt as far as it is typed, which is not nothing."""

    def __init__(self, begun: _Beginning, context: Context) -> None:
        text = self._text = begun.text
        catalog = self._catalog = context.catalog
        self._finished = text[-1].isspace()
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        self._readable = self._finished or not begun.covers(text)[0].unknown
        self._done = _Read(begun, text if self._finished else text[: starts[-1]], catalog)
        self._whole = _Read(begun, text, catalog) if self._readable and not self._finished else self._done
        self._starts = [start for start in starts[-MAX_WORDS:] if start < self._done.lost]

    def choices(self) -> Iterator[tuple[str, list[Iterator[str]]]]:
        """What is left as it was typed, and the lanes of what comes behind it: the likeliest first."""
        for start in self._starts:
            begun = " ".join(self._text[start:].split()) + (" " if self._finished else "")
            head = self._text[:start]
            for lanes in self._completing(begun, first=start == 0, alone=not self._finished and " " not in begun):
                yield head, [_other_than(begun.strip(), lane) for lane in lanes]
        if self._readable and self._whole.lost > len(self._text):
            head = self._text if self._finished else f"{self._text} "
            yield from ((head, lanes) for lanes in self._following())
        if self._starts and not self._finished:
            head, begun = self._text[: self._starts[-1]], self._text[self._starts[-1] :].casefold()
            words = islice(_VOCABULARY, bisect_left(_VOCABULARY, begun), None)
            known = takewhile(lambda word: word.startswith(begun), words)
            yield head, [_other_than(begun, self._word(word)) for word in islice(known, MAX_VOCABULARY)]

    def _completing(self, begun: str, *, first: bool, alone: bool) -> Iterator[list[Iterator[str]]]:
        """What begins with `begun`, the end of the prompt. first: or all of it. alone: one word, typed in part."""
        if found := _ASSIGNMENT.match(begun):  # `host we`, `host=we`
            for key in self._catalog.keys_like(fold(found[1])):
                values = self._catalog.values_from(key, found[3], MAX_FILLINGS)
                yield [iter([found[1] + found[2] + _quoted(value) for value in values])]
        yield [iter(self._catalog.aliases_from(begun, MAX_FILLINGS))]
        read = self._done
        if read.open or not (alone or self._finished):
            yield [iter(read.fillings.fitting(self._catalog.names_from(begun, MAX_NAMES)))]
        if alone:
            yield [iter(self._catalog.keys_from(begun, MAX_FILLINGS))]
        folded = begun.casefold()
        if f"\n{folded}" in _ALL_LITERALS:
            phrases = chain(OPENINGS if read.open or first else (), *read.phrases)
            yield [read.fillings.fill(phrase) for phrase in phrases if _LITERALS[phrase].startswith(folded)]
        if alone:
            for key in read.fillings.keys:
                yield [map(_quoted, self._catalog.values_from(key, begun, MAX_FILLINGS))]

    def _word(self, word: str) -> Iterator[str]:
        """A word of the language, and what it may be said of."""
        yield word
        if self._done.open:
            yield from (f"{word} {name}" for name in self._done.fillings.names)

    def _following(self) -> Iterator[list[Iterator[str]]]:
        """What may come next, each aspect in turn."""
        fill = self._whole.fillings.fill
        if self._whole.open:
            yield [fill(phrase) for phrase in self._whole.openings]
            yield [iter(self._whole.fillings.names)]
        yield [chain.from_iterable(map(fill, phrases)) for phrases in self._whole.phrases]


def _other_than(typed: str, lane: Iterator[str]) -> Iterator[str]:
    return (text for text in lane if text.casefold() != typed.casefold())


def _shortest(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (len(words_of(name)), name))


def _plural(key: str) -> str:
    if singular(key) != key:
        return key
    return f"{key[:-1]}ies" if key.endswith("y") else f"{key}es" if key.endswith(("s", "x", "ch", "sh")) else f"{key}s"


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s,;()]", value) else value
