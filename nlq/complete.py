"""How a prompt that is being typed may go on. Each completion is a prompt that is answered as it stands.

What is proposed comes from three sources, in this order: phrases, names and values that complete the words at the
end, the most words first; if the last word is typed to its end, what may follow it; last, any other word of the
language that begins so. Within a source likelier phrases come first, as `phrases.py` has them, and names and values
with the fewest words, then by the alphabet. Nothing depends on who asks, or has asked before.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, takewhile, zip_longest

from nlq.catalog import Catalog, singular, words_of
from nlq.clauses import Metric
from nlq.context import Context
from nlq.interpret import answered_role
from nlq.phrases import CONTINUATIONS, OPENINGS, STARTERS
from nlq.rules import GRAMMAR, VOCABULARY
from nlq.tokens import tokenize

MAX_COMPLETIONS = 10
MAX_WORDS = 4  # at the end, that a phrase may begin with
MAX_FILLINGS = 10  # names, keys or values for one place in a phrase
MAX_WORK = 100  # words read in trying: bounds the time, however long the prompt is
_SLOT = re.compile(r"\{(\w+)\}")
_ASSIGNMENT = re.compile(r"(\S+?)(\s*[=:]\s*|\s+(?:is\s+)?)(\S*)$")
_VOCABULARY = sorted(VOCABULARY)


@dataclass(frozen=True, slots=True)
class Completion:
    """A prompt that begins with what was typed, and the role of its last word."""

    text: str
    role: str


def complete(prefix: str, context: Context) -> tuple[Completion, ...]:
    """At most MAX_COMPLETIONS ways to go on after `prefix`, likeliest first. Never raises."""
    typed = prefix.lstrip()
    if not typed:
        return tuple(_answered(_starters(context.catalog), context))
    return tuple(_answered(_Typed(typed, context).candidates(), context))


def _answered(texts: Iterable[str], context: Context) -> Iterator[Completion]:
    work = found = 0
    for text in dict.fromkeys(texts):
        work += len(text.split()) + 1
        if work > MAX_WORK or found == MAX_COMPLETIONS:
            return
        if role := answered_role(text, context):
            found += 1
            yield Completion(text, role)


def _starters(catalog: Catalog) -> Iterator[str]:
    names = catalog.first_names(MAX_FILLINGS)
    for place, phrase in enumerate(STARTERS):
        name = names[place % len(names)] if names else ""
        yield from islice(_Fillings(catalog, (name,) if name else ()).fill(phrase), 1)


class _Fillings:
    """What the places in a phrase may be filled with, once it is known which metric is meant."""

    def __init__(self, catalog: Catalog, names: tuple[str, ...]) -> None:
        self._catalog = catalog
        self._names = names

    @cached_property
    def keys(self) -> list[str]:
        """Of the metric meant; else any."""
        known = sorted({key for name in self._names for key in self._catalog.names[name].keys})
        return known[:MAX_FILLINGS] or self._catalog.keys_from("", MAX_FILLINGS)

    @cached_property
    def names(self) -> list[str]:
        return list(self._names) or _shortest(self._catalog.first_names(MAX_FILLINGS))

    def of(self, slot: str) -> list[str]:
        if slot == "name":
            return self.names
        if slot == "duration":
            return self._catalog.durations_of(None)
        if slot == "value":
            return [_quoted(value) for key in self.keys for value in self._catalog.values_from(key, "", 1)]
        return [_plural(key) if slot == "plural" else key for key in self.keys]

    def fill(self, phrase: str) -> Iterator[str]:
        """The phrase with its first place filled, one after the other; the places after it as they come."""
        slots = _SLOT.findall(phrase)
        if not slots:
            yield phrase
            return
        if "value" in slots:
            for key in self.keys:
                for value in self._catalog.values_from(key, "", 2):
                    yield phrase.format(key=key, value=_quoted(value))
            return
        others = {slot: next(iter(self.of(slot)), None) for slot in slots[1:]}
        if None not in others.values():
            for text in self.of(slots[0]):
                yield phrase.format(**{**others, slots[0]: text})


class _Typed:
    """A prompt as far as it is typed."""

    def __init__(self, text: str, context: Context) -> None:
        self.text = text
        self.catalog = context.catalog
        self.finished = text[-1].isspace()
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        self.starts = starts[-MAX_WORDS:]
        end = len(text) if self.finished else starts[-1]
        cover = GRAMMAR.parse(tokenize(text[:end]), context)[0] if text[:end].strip() else None
        clauses = cover.clauses if cover else ()
        metrics = [clause.value for clause in clauses if isinstance(clause.value, Metric)]
        self.said = frozenset(clause.kind for clause in clauses)
        self.open = not metrics
        self.fillings = _Fillings(self.catalog, next((metric.names for metric in metrics if metric.names), ()))
        self.readable = answered_role(text, context) is not None

    def candidates(self) -> Iterator[str]:
        """Whole prompts, likeliest first; not all of them are answered."""
        for start in self.starts:
            begun = " ".join(self.text[start:].split()) + (" " if self.finished else "")
            for text in self._completing(begun, last=start == self.starts[-1]):
                if text.casefold() != begun.strip().casefold():
                    yield self.text[:start] + text
        if self.finished or self.readable:
            for text in self._following():
                yield f"{self.text.rstrip()} {text}"
        if not self.finished:
            begun = self.text[self.starts[-1] :].casefold()
            place = bisect_left(_VOCABULARY, begun)
            words = takewhile(lambda word: word.startswith(begun), islice(_VOCABULARY, place, None))
            yield from (self.text[: self.starts[-1]] + word for word in islice(words, MAX_FILLINGS) if word != begun)

    def _completing(self, begun: str, *, last: bool) -> Iterator[str]:
        """Phrases, names, keys and values that begin with `begun`, which ends the prompt."""
        folded = begun.casefold()
        groups = [phrases for kind, phrases in CONTINUATIONS.items() if kind not in self.said]
        phrases = [*OPENINGS, *chain(*groups)] if self.open else chain(*groups)
        beginning = [phrase for phrase in phrases if phrase.partition("{")[0].casefold().startswith(folded)]
        names = _shortest(self.catalog.names_from(begun, MAX_FILLINGS)) if self.open or not last else []
        named = [phrase for phrase in beginning if phrase != "{name}"]
        yield from self._values(begun)
        yield from names
        if last and not self.finished:
            yield from self.catalog.keys_from(begun, MAX_FILLINGS)
        yield from chain.from_iterable(zip(*(), strict=False)) if not named else _in_turn(
            [self.fillings.fill(phrase) for phrase in named]
        )
        if last and not self.finished:
            yield from self._begun_values(begun)

    def _values(self, begun: str) -> Iterator[str]:
        """`host we`, `host=we`: values of a key."""
        found = _ASSIGNMENT.match(begun)
        if found:
            for key in self.catalog.keys_like(singular(found[1].casefold())) or self.catalog.keys_like(found[1]):
                for value in self.catalog.values_from(key, found[3], MAX_FILLINGS):
                    yield found[1] + found[2] + _quoted(value)

    def _begun_values(self, begun: str) -> Iterator[str]:
        for key in self.fillings.keys:
            for value in self.catalog.values_from(key, begun, MAX_FILLINGS):
                yield _quoted(value)

    def _following(self) -> Iterator[str]:
        """What may come next, each kind in turn."""
        if self.open:
            yield from _in_turn([self.fillings.fill(phrase) for phrase in OPENINGS])
        kinds = [phrases for kind, phrases in CONTINUATIONS.items() if kind not in self.said]
        yield from _in_turn([chain.from_iterable(map(self.fillings.fill, phrases)) for phrases in kinds])


def _in_turn(sources: Iterable[Iterable[str]]) -> Iterator[str]:
    for texts in zip_longest(*sources):
        yield from (text for text in texts if text is not None)


def _shortest(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (len(words_of(name)), name))


def _plural(key: str) -> str:
    return key if singular(key) != key else f"{key[:-1]}ies" if key.endswith("y") else f"{key}{_ending(key)}"


def _ending(key: str) -> str:
    return "es" if key.endswith(("s", "x", "ch", "sh")) else "s"


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s,;()]", value) else value
