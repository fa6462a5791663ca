"""Verbs with a particle, which names write as one word: `logged in` is said of `user.login`."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from nlq.context import Context
from nlq.fold import words_of
from nlq.plurals import singular
from nlq.rule import Match
from nlq.tokens import Token
from nlq.verbs import PARTICLES

MIN_VERB = 3  # letters
Scan = Callable[[Sequence[Token], Context, int], Iterator[Match]]


def with_particles(scan: Scan) -> Scan:
    """What the scanner reads; and beside it what it reads where a verb and its particle are one word of the catalog."""

    def both(tokens: Sequence[Token], context: Context, since: int = 0) -> Iterator[Match]:
        yield from scan(tokens, context, since)
        if PARTICLES.isdisjoint([token.norm for token in tokens]):
            return
        run, starts = _joined(tokens, context)
        if len(run) == len(tokens):
            return
        for match in scan(run, context, 0):
            start, end = starts[match.start], starts[match.end]
            if end > since and end - start > match.end - match.start:
                yield replace(match, start=start, end=end)

    return both


def respelled(run: Sequence[Token]) -> tuple[str, ...]:
    """The words of nouns that are verbs with a particle, as names may write them: `check-ins` of `guest.checkin`,
    `rollbacks` of `deploy.rolled_back`. Empty where there is no such noun.
    """
    apart = [_noun(token.norm) if not token.quoted else () for token in run]
    if not any(apart):
        return ()
    return tuple(word for token, words in zip(run, apart, strict=True) for word in words or words_of(token.text))


@lru_cache(maxsize=2048)
def _noun(word: str) -> tuple[str, ...]:
    """How else the noun may be written; empty where it is no verb with a particle."""
    word = singular(word)
    verb, hyphen, particle = word.partition("-")
    if hyphen:
        return (verb + particle,) if particle in PARTICLES else ()
    ending = next((each for each in sorted(PARTICLES) if word.endswith(each) and len(word) - len(each) >= MIN_VERB), "")
    return (word.removesuffix(ending), ending) if ending and word.isalpha() else ()


def _joined(tokens: Sequence[Token], context: Context) -> tuple[list[Token], list[int]]:
    """The tokens with such pairs as one each, and where each begins among those given; then the end of all."""
    run: list[Token] = []
    starts: list[int] = []
    place = 0
    while place < len(tokens):
        token, after = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else None
        word = ""
        if after and after.norm in PARTICLES and token.text.isalpha() and not token.quoted and not after.quoted:
            word = context.catalog.words.joined(token.norm, after.norm)
        run.append(Token(word, word, token.start, after.end) if word and after else token)
        starts.append(place)
        place += 2 if word else 1
    return run, [*starts, len(tokens)]
