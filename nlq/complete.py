"""How a prompt that is being typed may go on. Each completion is a prompt that is answered as it stands.

Proposed are, in this order: values of the key that stands at the end; names, keys, phrases and values that complete
the words at the end, the most words first; where the last word is typed to its end, what may follow, each aspect of a
question in turn; last, any other word of the language that begins so. Of phrases the likelier come first, as
`phrases.py` has them; of names those with the fewest words, then by the alphabet. Nothing depends on who asks, or on
what was asked before.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice, takewhile, zip_longest

from nlq.catalog import Catalog, fold, singular, words_of
from nlq.clauses import Metric
from nlq.context import Context
from nlq.engine import Cover
from nlq.interpret import role_of_last, whole_milliseconds
from nlq.lexicon import FILLERS
from nlq.phrases import CONTINUATIONS, OPENINGS, STARTERS
from nlq.rules import GRAMMAR, VOCABULARY
from nlq.tokens import Token, tokenize

MAX_COMPLETIONS = 10
MAX_WORDS = 5  # at the end, that a phrase may begin with
MAX_VOCABULARY = 5  # words that nothing but their beginning speaks for
MAX_FILLINGS = 10  # names, keys or values for one place in a phrase
MAX_WORK = 400  # characters read in trying, over all that is tried: bounds the time, however long the prompt is
WORK_PER_TRY = 20  # what a try costs beside its characters, as so many of them
_SLOT = re.compile(r"\{(\w+)\}")
_ASSIGNMENT = re.compile(r"([^\s=:]+)(\s*[=:]\s*|\s+(?:is\s+)?)(\S*)$")
_QUOTES = re.compile('["“”]')
_VOCABULARY = sorted(VOCABULARY - FILLERS)


@dataclass(frozen=True, slots=True)
class Completion:
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
    except OverflowError:  # moved out of the years that there are
        return ()


def _complete(typed: str, context: Context) -> tuple[Completion, ...]:
    begun = _Beginning(typed, context)
    proposals = _Typed(begun, context).proposals() if typed else (("", text) for text in _starters(context.catalog))
    found: list[Completion] = []
    tried: set[str] = set()
    work = 0
    for head, text in proposals:
        if head + text in tried:
            continue
        tried.add(head + text)
        work += WORK_PER_TRY + len(head + text)
        if (typed and work > MAX_WORK) or len(found) == MAX_COMPLETIONS:
            break
        if len(head + text) <= context.limits.max_prompt_length and (role := begun.role_of_last(head, text)):
            found.append(Completion(head + text, role))
    return tuple(found)


class _Beginning:
    """What is typed, read once, so that going on with it is cheap."""

    def __init__(self, text: str, context: Context) -> None:
        self.text = text
        self._context = context
        self._tokens = _tokens(text)
        self._begun = GRAMMAR.begin(self._tokens, context)

    def covers(self, head: str, more: tuple[Token, ...] = ()) -> list[Cover]:
        """Of the tokens in `head`, which is the text up to white space in it, or all of it; and of `more`."""
        return self._begun.covers(len(self.tokens(head)), more)

    def tokens(self, head: str) -> tuple[Token, ...]:
        return tuple(token for token in self._tokens if token.end <= len(head))

    def role_of_last(self, head: str, text: str) -> str | None:
        """The role of the last word of `head + text`, where that is answered. Behind white space in the head."""
        if _QUOTES.search(head):  # may span white space
            return role_of_last(tokenize(head + text), self._context)
        more = _tokens(text)  # with their places in `text`, which nothing asks for here
        return role_of_last((*self.tokens(head), *more), self._context, self.covers(head, more))


@lru_cache(maxsize=2048)
def _tokens(text: str) -> tuple[Token, ...]:
    return tokenize(text)


def _starters(catalog: Catalog) -> Iterator[str]:
    names = _shortest(catalog.first_names(MAX_FILLINGS)) or [""]
    for place, phrase in enumerate(STARTERS):
        name = names[place % len(names)]
        yield from islice(_Fillings(catalog, (name,) if name else ()).fill(phrase), 1)


class _Fillings:
    """What the places in a phrase may be filled with. names: the metric meant; empty where it is not known."""

    def __init__(self, catalog: Catalog, names: tuple[str, ...]) -> None:
        self._catalog = catalog
        self._names = names

    @cached_property
    def names(self) -> list[str]:
        return list(self._names) or _shortest(self._catalog.first_names(MAX_FILLINGS))

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
            for name in self._catalog.durations_of(None) if "duration" in slots else self.names:
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

    open: not what is measured or counted. phrases: what may be said still, by aspect. lost: the end of the first
    word that will hardly be read, whatever follows; beyond the text, where there is none.
    """

    def __init__(self, begun: _Beginning, text: str, catalog: Catalog) -> None:
        tokens = begun.tokens(text)
        cover = begun.covers(text)[0]
        metrics = [clause.value for clause in cover.clauses if isinstance(clause.value, Metric)]
        metrics = [metric for metric in metrics if len(metric.names) <= 1 or metric.several]
        said = {clause.kind for clause in cover.clauses}
        lost = (tokens[place].end for place in cover.unknown if place < len(tokens) - MAX_WORDS + 1)
        self.lost = min(lost, default=len(text) + 1)
        self.open = not metrics
        self.fillings = _Fillings(catalog, next((metric.names for metric in metrics if metric.names), ()))
        self.phrases = [phrases for kind, phrases in CONTINUATIONS.items() if kind not in said]


class _Typed:
    """A prompt as far as it is typed, which is not nothing."""

    def __init__(self, begun: _Beginning, context: Context) -> None:
        text = self._text = begun.text
        catalog = self._catalog = context.catalog
        self._finished = text[-1].isspace()
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        self._readable = self._finished or begun.role_of_last(text, "") is not None
        self._done = _Read(begun, text if self._finished else text[: starts[-1]], catalog)
        self._whole = _Read(begun, text, catalog) if self._readable and not self._finished else self._done
        self._starts = [start for start in starts[-MAX_WORDS:] if start < self._done.lost]

    def proposals(self) -> Iterator[tuple[str, str]]:
        """(what is left as it was typed, what comes behind it), likeliest first; not all of them are answered."""
        for start in self._starts:
            begun = " ".join(self._text[start:].split()) + (" " if self._finished else "")
            for text in self._completing(begun, first=start == 0, alone=not self._finished and " " not in begun):
                if text.casefold() != begun.strip().casefold():
                    yield self._text[:start], text
        if self._readable and self._whole.lost > len(self._text):
            head = self._text if self._finished else f"{self._text} "
            yield from ((head, text) for text in self._following())
        if self._starts and not self._finished:
            head, begun = self._text[: self._starts[-1]], self._text[self._starts[-1] :].casefold()
            words = islice(_VOCABULARY, bisect_left(_VOCABULARY, begun), None)
            known = takewhile(lambda word: word.startswith(begun), words)
            yield from ((head, word) for word in islice(known, MAX_VOCABULARY) if word != begun)

    def _completing(self, begun: str, *, first: bool, alone: bool) -> Iterator[str]:
        """What begins with `begun`, the end of the prompt. first: or all of it. alone: one word, typed in part."""
        if found := _ASSIGNMENT.match(begun):  # `host we`, `host=we`
            for key in self._catalog.keys_like(fold(found[1])):
                for value in self._catalog.values_from(key, found[3], MAX_FILLINGS):
                    yield found[1] + found[2] + _quoted(value)
        yield from self._catalog.aliases_from(begun, MAX_FILLINGS)
        read = self._done
        if read.open or not (alone or self._finished):
            yield from _shortest(self._catalog.names_from(begun, MAX_FILLINGS))
        if alone:
            yield from self._catalog.keys_from(begun, MAX_FILLINGS)
        phrases = chain(OPENINGS if read.open or first else (), *read.phrases)
        beginning = [phrase for phrase in phrases if phrase.partition("{")[0].casefold().startswith(begun.casefold())]
        yield from _in_turn(read.fillings.fill(phrase) for phrase in beginning if phrase.partition("{")[0])
        if alone:
            for key in read.fillings.keys:
                yield from map(_quoted, self._catalog.values_from(key, begun, MAX_FILLINGS))

    def _following(self) -> Iterator[str]:
        """What may come next, each aspect in turn."""
        fill = self._whole.fillings.fill
        if self._whole.open:
            yield from _in_turn(fill(phrase) for phrase in OPENINGS)
        yield from _in_turn(chain.from_iterable(map(fill, phrases)) for phrases in self._whole.phrases)


def _in_turn(sources: Iterable[Iterator[str]]) -> Iterator[str]:
    return (text for texts in zip_longest(*sources) for text in texts if text is not None)


def _shortest(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (len(words_of(name)), name))


def _plural(key: str) -> str:
    if singular(key) != key:
        return key
    return f"{key[:-1]}ies" if key.endswith("y") else f"{key}es" if key.endswith(("s", "x", "ch", "sh")) else f"{key}s"


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s,;()]", value) else value
