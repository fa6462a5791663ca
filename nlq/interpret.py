"""Prompt -> Interpretation, or Refusal: the covers are tried in order, and every word is accounted for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import combinations, islice, product
from zoneinfo import ZoneInfo

from nlq.assemble import Assembled, assemble
from nlq.catalog import fold
from nlq.context import Context
from nlq.describe import describe
from nlq.engine import Cover
from nlq.interpretation import Interpretation
from nlq.lexicon import FILLERS
from nlq.parts import Misfit
from nlq.refusal import Code, Problem, Refusal
from nlq.rules import GRAMMAR, ROLES, VOCABULARY
from nlq.spelling import Spelling, plausible
from nlq.tokens import Token, tokenize
from nlq.words import Word

MARGIN = 0.75  # a dearer cover may stand in for one that makes no question, but not at any price
MAX_SUGGESTIONS = 3
MAX_CORRECTIONS = 3  # words misspelt in one prompt
MAX_CHOICES = 4  # corrections tried for each
SAME = 1e-6

# A misspelt word is never read as a filler: that would drop it.
_SPELLING = Spelling(sorted(VOCABULARY - FILLERS))
_TELLING = ("unknown_value", "unsupported")  # problems that say more than that a word is unknown


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What came of one token sequence: a question, or why there is none."""

    tokens: tuple[Token, ...]
    cover: Cover
    outcome: Assembled | Misfit | None  # None: words that nothing covers
    rivals: tuple[Assembled, ...] = ()  # other questions at the same cost
    context: Context | None = None


def interpret(prompt: str, context: Context) -> Interpretation | Refusal:
    """Read `prompt`. Never raises, whatever the text."""
    try:
        return _interpret(prompt, whole_milliseconds(context))
    except OverflowError:  # moved out of the years that there are
        return Refusal("impossible", "That time lies outside the calendar.", 0, len(prompt))


def _interpret(prompt: str, context: Context) -> Interpretation | Refusal:
    if len(prompt) > context.limits.max_prompt_length:
        limit = context.limits.max_prompt_length
        return Refusal("too_long", f"A prompt has at most {limit} characters.", limit, len(prompt))
    tokens = tokenize(prompt)
    if not any(character.isalnum() for token in tokens for character in token.text):
        return Refusal("empty", "Nothing was asked.", 0, len(prompt), suggestions=_examples(context))
    attempt = _attempt(tokens, context)
    corrections: tuple[str, ...] = ()
    if suspects := _suspects(attempt):
        attempt, corrections = _corrected(attempt, suspects, context)
    if isinstance(attempt.outcome, Assembled) and not attempt.rivals:
        question = attempt.outcome.question
        reading = describe(question)
        assumptions = dict.fromkeys((*corrections, *_by_alias(attempt, reading, context), *attempt.outcome.assumptions))
        return Interpretation(question, reading, _words(prompt, attempt), tuple(assumptions))
    return _refuse(prompt, attempt, context)


def whole_milliseconds(context: Context) -> Context:
    """The context with its clock as stored instants are."""
    now = context.now.astimezone(UTC)
    return replace(context, now=now.replace(microsecond=now.microsecond // 1000 * 1000))


def _attempt(tokens: Sequence[Token], context: Context, covers: list[Cover] | None = None) -> _Attempt:
    covers = covers or GRAMMAR.parse(tokens, context)
    zone = next((clause.value for clause in covers[0].clauses if clause.kind == "zone"), None)
    if isinstance(zone, ZoneInfo) and zone != context.zone:
        context = replace(context, zone=zone)
        covers = GRAMMAR.parse(tokens, context)
    best = covers[0]
    if best.unknown:
        for clause in best.clauses:
            if isinstance(clause.value, Problem) and clause.value.code in _TELLING:
                told = replace(clause.value, detail=f"{clause.value.detail} {_not_understood(tokens, best)}")
                return _Attempt(tuple(tokens), best, Misfit(told, clause), context=context)
        return _Attempt(tuple(tokens), best, None, context=context)
    outcome: Assembled | Misfit | None = None
    for cover in covers:
        if cover.unknown or cover.cost > best.cost + MARGIN:
            break
        tried = assemble(cover.clauses, context)
        outcome = outcome or tried
        if isinstance(tried, Assembled):
            return _Attempt(tuple(tokens), cover, tried, _rivals(cover, tried, covers, context), context)
    return _Attempt(tuple(tokens), best, outcome, context=context)


def _rivals(chosen: Cover, outcome: Assembled, covers: Iterable[Cover], context: Context) -> tuple[Assembled, ...]:
    """Other questions that the prompt asks just as well."""
    equals = (cover for cover in covers if cover is not chosen and abs(cover.cost - chosen.cost) < SAME)
    others = (assemble(cover.clauses, context) for cover in equals if not cover.unknown)
    rivals = {other.question: other for other in others if isinstance(other, Assembled)}
    rivals.pop(outcome.question, None)
    return tuple(rivals.values())


def _suspects(attempt: _Attempt) -> tuple[int, ...]:
    """The positions of words that may be misspelt: unknown ones, and a value that is not stored."""
    outcome = attempt.outcome
    if isinstance(outcome, Misfit) and outcome.problem.code == "unknown_value" and outcome.clause:
        return (outcome.clause.end - 1,)
    unknown = attempt.cover.unknown if outcome is None else ()
    return tuple(position for position in unknown if attempt.tokens[position].norm not in VOCABULARY)


def _corrected(attempt: _Attempt, unknown: tuple[int, ...], context: Context) -> tuple[_Attempt, tuple[str, ...]]:
    """The prompt with its unknown words read as what they are one letter from, where one reading is best."""
    if len(unknown) > MAX_CORRECTIONS:
        return attempt, ()
    options = [_spellings(attempt.tokens[position], context) for position in unknown]
    found: list[tuple[_Attempt, tuple[str, ...]]] = []
    for chosen in islice(product(*options), MAX_CHOICES**2):
        tokens = list(attempt.tokens)
        for position, word in zip(unknown, chosen, strict=True):
            tokens[position] = replace(tokens[position], text=word, norm=word.casefold())
        tried = _attempt(tokens, context)
        if isinstance(tried.outcome, Assembled) and not tried.rivals:
            notes = tuple(
                f"'{attempt.tokens[position].text}' read as '{word}'"
                for position, word in zip(unknown, chosen, strict=True)
            )
            found.append((tried, notes))
    found.sort(key=lambda each: each[0].cover.cost)
    if not found or (len(found) > 1 and _differ(found[0][0], found[1][0])):
        return attempt, ()
    return found[0]


def _differ(first: _Attempt, second: _Attempt) -> bool:
    if not isinstance(first.outcome, Assembled) or not isinstance(second.outcome, Assembled):
        return True
    return first.outcome.question != second.outcome.question


def _spellings(token: Token, context: Context) -> list[str]:
    if token.quoted or not token.text.isalpha():  # `oven-z` is no slip for `oven-a`
        return []
    words = [*_SPELLING.nearest(token.norm, MAX_CHOICES), *context.catalog.nearest(token.text, MAX_CHOICES)]
    likely = {word.casefold(): word for word in words if plausible(token.norm, word.casefold())}
    return list(likely.values())[:MAX_CHOICES]


def _roles(cover: Cover) -> dict[int, str]:
    """What the word at each position is read as."""
    roles = dict.fromkeys(cover.fillers, "filler") | dict.fromkeys(cover.unknown, "unknown")
    for clause in cover.clauses:
        roles |= dict.fromkeys(range(clause.start, clause.end), ROLES[clause.kind])
    return roles


def _by_alias(attempt: _Attempt, reading: str, context: Context) -> Iterator[str]:
    """What was read by way of an alias."""
    catalog = context.catalog
    for clause in attempt.cover.clauses if catalog.aliases else ():
        run = attempt.tokens[clause.start : clause.end]
        for start, end in combinations(range(len(run) + 1), 2):
            folded = "".join(fold(token.text) for token in run[start:end])
            meant = catalog.aliases.get(folded)
            if meant and meant in reading and meant in (*catalog.names_like(folded), *catalog.keys_like(folded)):
                yield f"'{' '.join(token.text for token in run[start:end])}' read as {meant}"


def _words(prompt: str, attempt: _Attempt) -> tuple[Word, ...]:
    roles = _roles(attempt.cover)
    return tuple(
        Word(prompt[token.start : token.end], token.start, token.end, roles[index])
        for index, token in enumerate(attempt.tokens)
    )


# --- refusals


def _refuse(prompt: str, attempt: _Attempt, context: Context) -> Refusal:
    tokens, words = attempt.tokens, _words(prompt, attempt)
    if isinstance(attempt.outcome, Assembled):
        readings = [describe(each.question) for each in (attempt.outcome, *attempt.rivals)]
        return Refusal(
            "ambiguous",
            "This may be read in more than one way.",
            0,
            len(prompt),
            words,
            tuple(readings[:MAX_SUGGESTIONS]),
        )
    if attempt.outcome is None:
        start = tokens[attempt.cover.unknown[0]].start
        end = tokens[attempt.cover.unknown[0]].end
        code: Code = "not_understood"
        detail, candidates = _not_understood(tokens, attempt.cover), _without_unknown(prompt, attempt, context)
    else:
        clause, code, detail = (
            attempt.outcome.clause,
            attempt.outcome.problem.code,
            attempt.outcome.problem.detail,
        )
        start = tokens[clause.start].start if clause else 0
        end = tokens[clause.end - 1].end if clause else len(prompt)
        candidates = (prompt[:start] + choice + prompt[end:] for choice in attempt.outcome.choices)
        if clause and code == "unknown_value":
            candidates = _nearest_values(prompt, tokens[clause.end - 1], context)
        if attempt.outcome.problem.code == "ambiguous" and clause and clause.kind == "ranking":
            candidates = (f"{prompt.rstrip(' ?.!')} by {choice}" for choice in attempt.outcome.choices)
    suggestions = _answerable((*islice(candidates, 12), *_examples(context)), context)
    return Refusal(code, detail, start, end, words, suggestions)


def _not_understood(tokens: Sequence[Token], cover: Cover) -> str:
    return f"Not understood: {', '.join(repr(tokens[position].text) for position in cover.unknown)}."


def _answerable(candidates: Iterable[str], context: Context) -> tuple[str, ...]:
    good = (text for text in dict.fromkeys(candidates) if answered_role(text, context))
    return tuple(islice(good, MAX_SUGGESTIONS))


def answered_role(text: str, context: Context) -> str | None:
    """The role of the last word of a prompt that is answered as it stands; None: it is not."""
    if len(text) > context.limits.max_prompt_length:
        return None
    return role_of_last(tokenize(text), whole_milliseconds(context))


def role_of_last(tokens: Sequence[Token], context: Context, covers: list[Cover] | None = None) -> str | None:
    """The same, of a prompt that has been cut into tokens, and perhaps covered, already."""
    attempt = _attempt(tokens, context, covers)
    answered = isinstance(attempt.outcome, Assembled) and not attempt.rivals
    return _roles(attempt.cover)[len(attempt.tokens) - 1] if answered else None


def _without_unknown(prompt: str, attempt: _Attempt, context: Context) -> Iterator[str]:
    """The prompt with its unknown words put right, or left out."""
    tokens = [attempt.tokens[position] for position in attempt.cover.unknown]
    if len(tokens) == 1:
        for word in _spellings(tokens[0], context):
            yield prompt[: tokens[0].start] + word + prompt[tokens[0].end :]
    rest = prompt
    for token in reversed(tokens):
        rest = rest[: token.start] + rest[token.end :]
    words = rest.split()
    while words and words[0].casefold() in FILLERS:
        words.pop(0)
    while words and words[-1].casefold() in FILLERS:
        words.pop()
    yield " ".join(words)


def _nearest_values(prompt: str, token: Token, context: Context) -> Iterator[str]:
    for value in context.catalog.nearest(token.text, MAX_CHOICES):
        yield prompt[: token.start] + value + prompt[token.end :]


def _examples(context: Context) -> tuple[str, ...]:
    """Prompts that are answered whatever is stored, so that nobody is left without a next step."""
    first = tuple(f"{name} per hour today" for name in context.catalog.first_names(1))
    return ("top 5 events today", *first, "count of events per hour today")
