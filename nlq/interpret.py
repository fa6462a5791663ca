"""Prompt -> Interpretation, or Refusal: the covers are tried in order, and every word is accounted for."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from itertools import combinations, islice, product

from msgspec.structs import replace

from nlq.assemble import Assembled
from nlq.attempt import Attempt, not_understood, read
from nlq.context import Context
from nlq.corrections import MAX_CHOICES, corrections
from nlq.describe import describe
from nlq.engine import MAX_RETRIED, CrowdedError
from nlq.fold import fold
from nlq.interpretation import Interpretation
from nlq.lexicon import FILLERS
from nlq.misfit import Misfit
from nlq.places import values_by_country
from nlq.refusal import Code, Problem, Refusal
from nlq.rules import ROLES, VOCABULARY
from nlq.rules.stored import may_be_verb
from nlq.suggestions import TURNING, gone_on, left_out, nearest_words, replaced, with_a_subject
from nlq.tokens import Token, tokenize
from nlq.words import Word

MAX_SUGGESTIONS = 3
MAX_CANDIDATES = 6
MAX_CORRECTIONS = 3  # words misspelt in one prompt
MAX_WORK = 600  # characters read anew in search of what was meant: bounds the time, however long the prompt is
WORK_PER_TRY = 40  # what a try costs beside its characters, as so many of them
_Fixes = dict[int, str]  # by the position of a token, what it is read as
_OF_VALUES = ("tag", "comparison")  # roles of clauses that say values


def interpret(prompt: str, context: Context) -> Interpretation | Refusal:
    """Read `prompt`. Never raises, whatever the text."""
    try:
        return _interpret(prompt, whole_milliseconds(context))
    except OverflowError:  # moved out of the years that there are
        return Refusal("impossible", "That time lies outside the calendar.", 0, len(prompt))
    except CrowdedError:
        detail = "This says more things of one kind than are weighed: ask for fewer at once."
        return Refusal("too_long", detail, 0, len(prompt), suggestions=_examples(context))


def _interpret(prompt: str, context: Context) -> Interpretation | Refusal:
    if len(prompt) > context.limits.max_prompt_length:
        limit = context.limits.max_prompt_length
        return Refusal("too_long", f"A prompt has at most {limit} characters.", limit, len(prompt))
    tokens = tokenize(prompt)
    if not any(token.is_word for token in tokens):
        return Refusal("empty", "Nothing was asked.", 0, len(prompt), suggestions=_examples(context))
    attempt = read(tokens, context)
    fixes: _Fixes = {}
    if suspects := _suspects(attempt):
        attempt, fixes = _corrected(prompt, attempt, suspects, context)
    if isinstance(attempt.outcome, Assembled) and not attempt.rivals:
        question = attempt.outcome.question
        reading = describe(question)
        notes = (clause.note for clause in attempt.cover.clauses if clause.note)
        told = (
            *_told(attempt, fixes, prompt),
            *_by_alias(attempt, reading, context),
            *_as_values(attempt, context),
            *attempt.outcome.assumptions,
            *notes,
        )
        assumptions = dict.fromkeys(told)
        return Interpretation(question, reading, _words(prompt, attempt), tuple(assumptions))
    return _refuse(prompt, attempt, fixes, context)


def whole_milliseconds(context: Context) -> Context:
    """The context with its clock as stored instants are."""
    now = context.now.astimezone(UTC)
    return replace(context, now=now.replace(microsecond=now.microsecond // 1000 * 1000))


def _suspects(attempt: Attempt) -> tuple[int, ...]:
    """The positions of words that may be meant otherwise: unknown ones, a key or value that is not stored, a verb that
    goes with nothing.
    """
    outcome = attempt.outcome
    if isinstance(outcome, Misfit) and outcome.clause and outcome.clause.kind == "verb":
        return tuple(range(outcome.clause.start, outcome.clause.end))  # `ride` may be a noun for what is stored
    if isinstance(outcome, Assembled) or (outcome and outcome.problem.code != "unknown_value"):
        return ()
    problems = (clause.value for clause in attempt.cover.clauses if isinstance(clause.value, Problem))
    missing = [each.span[1] - 1 for each in problems if each.code == "unknown_value" and each.span]
    missing += [outcome.clause.end - 1] if outcome and outcome.clause and not missing else []
    return tuple(dict.fromkeys((*missing, *attempt.cover.unknown)))


def _corrected(prompt: str, attempt: Attempt, suspects: tuple[int, ...], context: Context) -> tuple[Attempt, _Fixes]:
    """The prompt with its unknown words read as what they may have been meant to be, where one reading is best; else
    with as many of them read so as can be, so that what is told is what then stands in the way.
    """
    options = {place: words for place in suspects if (words := corrections(attempt.tokens[place], context))}
    if not 0 < len(options) <= MAX_CORRECTIONS:
        return attempt, {}
    found: list[tuple[Attempt, _Fixes]] = []
    nearer: list[tuple[Attempt, _Fixes]] = []
    for chosen in islice(product(*options.values()), _tries(prompt)):
        fixes = dict(zip(options, chosen, strict=True))
        try:
            tried = read(_with(attempt.tokens, fixes), context, most=MAX_RETRIED)
        except (OverflowError, CrowdedError):
            continue
        if isinstance(tried.outcome, Assembled) and not tried.rivals:
            found.append((tried, fixes))
        elif len(tried.cover.unknown) < len(attempt.cover.unknown) and not _is_odd(tried):
            nearer.append((tried, fixes))
    found.sort(key=lambda each: each[0].cover.cost)
    if not found and nearer:
        return min(nearer, key=lambda each: len(each[0].cover.unknown))
    if not found or (len(found) > 1 and _differ(found[0][0], found[1][0])):
        return attempt, {}
    return found[0]


def _is_odd(attempt: Attempt) -> bool:
    """Whether what comes of a guess is nothing that anyone will have meant."""
    return isinstance(attempt.outcome, Misfit) and attempt.outcome.problem.code in ("unsupported", "conflict")


def _with(tokens: Sequence[Token], fixes: _Fixes) -> list[Token]:
    """The tokens, where they stand, some read as other words."""
    fixed = list(tokens)
    for place, word in fixes.items():
        fixed[place] = replace(fixed[place], text=word, norm=word.casefold())
    return fixed


def _told(attempt: Attempt, fixes: _Fixes, prompt: str) -> list[str]:
    tokens = attempt.tokens
    return [f"'{prompt[tokens[place].start : tokens[place].end]}' read as '{word}'" for place, word in fixes.items()]


def _tries(prompt: str) -> int:
    """How many prompts of about this length may be read anew."""
    return MAX_WORK // (WORK_PER_TRY + len(prompt))


def _differ(first: Attempt, second: Attempt) -> bool:
    if not isinstance(first.outcome, Assembled) or not isinstance(second.outcome, Assembled):
        return True
    return first.outcome.question != second.outcome.question


def _by_alias(attempt: Attempt, reading: str, context: Context) -> Iterator[str]:
    """What was read by way of an alias."""
    catalog = context.catalog
    for clause in attempt.cover.clauses if catalog.aliases else ():
        run = attempt.tokens[clause.start : clause.end]
        for start, end in combinations(range(len(run) + 1), 2):
            folded = "".join(fold(token.text) for token in run[start:end])
            meant = catalog.aliases.get(folded)
            if meant and meant in reading and meant in (*catalog.names_like(folded), *catalog.keys_like(folded)):
                yield f"'{' '.join(token.text for token in run[start:end])}' read as {meant}"


def _as_values(attempt: Attempt, context: Context) -> Iterator[str]:
    """The names of countries that were read as their codes, and verbs as participles."""
    catalog = context.catalog
    for clause in attempt.cover.clauses:
        run = attempt.tokens[clause.start : clause.end] if ROLES[clause.kind] in _OF_VALUES else ()
        for start, end in combinations(range(len(run) + 1), 2):
            folded = "".join(fold(token.text) for token in run[start:end])
            if not catalog.values_like(folded):
                alone = end == start + 1 and may_be_verb(run[start].norm, VOCABULARY)
                akin = catalog.values_akin(run[start].norm) if alone else []
                for _, value in values_by_country(folded, catalog) or akin:
                    yield f"'{' '.join(token.text for token in run[start:end])}' read as {value}"


def _words(prompt: str, attempt: Attempt) -> tuple[Word, ...]:
    roles = attempt.roles
    return tuple(
        Word(prompt[token.start : token.end], token.start, token.end, roles[index])
        for index, token in enumerate(attempt.tokens)
    )


# --- refusals


def _refuse(prompt: str, attempt: Attempt, fixes: _Fixes, context: Context) -> Refusal:
    tokens, words, unknown = attempt.tokens, _words(prompt, attempt), _strangers(attempt)
    if isinstance(attempt.outcome, Assembled):
        readings = [describe(each.question) for each in (attempt.outcome, *attempt.rivals)]
        detail = "This may be read in more than one way."
        return Refusal("ambiguous", detail, 0, len(prompt), words, tuple(readings[:MAX_SUGGESTIONS]))
    code: Code
    if attempt.outcome is not None:
        code, detail = attempt.outcome.problem.code, attempt.outcome.problem.detail
        first, end = attempt.outcome.span or (0, len(tokens))
    elif _is_unfinished(attempt):
        code, first, end = "incomplete", attempt.cover.unknown[0], len(tokens)
        detail = f"Something is missing behind {tokens[attempt.cover.unknown[-1]].text!r}."
    else:
        code, detail = "not_understood", not_understood(tokens, unknown)
        first = unknown[0]
        end = next(place for place in range(first + 1, len(tokens) + 1) if place not in unknown)
    span = (tokens[first].start, tokens[end - 1].end)
    tries = min(MAX_CANDIDATES, _tries(prompt))
    meant, moved = _respelt(prompt, attempt.tokens, fixes)
    place = (moved[first].start, moved[end - 1].end)
    candidates = tuple(islice(_candidates(meant, replace(attempt, tokens=moved), code, place, context), tries))
    if fixes:
        detail = f"{', '.join(_told(attempt, fixes, prompt))}. {detail}"
    about_events = (
        (f"events {text}".rstrip() for text in candidates[: min(tries - 1, MAX_SUGGESTIONS)])
        if not context.previous
        else ()
    )
    near = _answerable(candidates, context) or _answerable(about_events, context)
    suggestions = near if len(near) == MAX_SUGGESTIONS else _answerable((*near, *_examples(context)), context)
    return Refusal(code, detail, *span, words, suggestions)


def _respelt(prompt: str, tokens: Sequence[Token], fixes: _Fixes) -> tuple[str, tuple[Token, ...]]:
    """The prompt as it was read, and where its tokens then stand."""
    moved, by = list(tokens), 0
    for place, token in enumerate(tokens):
        start = token.start + by
        if place in fixes:
            prompt = prompt[:start] + fixes[place] + prompt[token.end + by :]
            by += len(fixes[place]) - (token.end - token.start)
        moved[place] = replace(token, start=start, end=token.end + by)
    return prompt, tuple(moved)


def _strangers(attempt: Attempt) -> tuple[int, ...]:
    """The unknown words that the language does not know; and where it knows all of them, those."""
    unknown = attempt.cover.unknown
    return tuple(place for place in unknown if attempt.tokens[place].norm not in VOCABULARY) or unknown


def _is_unfinished(attempt: Attempt) -> bool:
    """`errors by`: every word is known, and the last one leads to something that is not there."""
    unknown, tokens = attempt.cover.unknown, attempt.tokens
    known = all(tokens[place].norm in VOCABULARY and not tokens[place].quoted for place in unknown)
    return known and not any(token.is_word for token in tokens[unknown[-1] + 1 :])


def _candidates(prompt: str, attempt: Attempt, code: Code, span: tuple[int, int], context: Context) -> Iterator[str]:
    """What may be asked instead, likeliest first."""
    tokens, outcome, unknown = attempt.tokens, attempt.outcome, _strangers(attempt)
    if isinstance(outcome, Misfit):
        if code == "ambiguous" and outcome.clause and outcome.clause.kind == "ranking":
            yield from (f"{prompt.rstrip(' ?.!')} by {choice}" for choice in outcome.problem.choices)
        if code == "unknown_value" and outcome.span:
            token = tokens[outcome.span[1] - 1]
            yield from replaced(prompt, token.start, token.end, context.catalog.nearest(token.text, MAX_CHOICES))
        if outcome.span:
            yield from replaced(prompt, *span, outcome.problem.choices)
        else:  # of nothing in particular: it may go on so
            yield from (f"{prompt.rstrip(' ?.!')} {choice}" for choice in outcome.problem.choices)
    elif len(unknown) == 1:
        token = tokens[unknown[0]]
        said = {each.text for each in tokens}
        words = (*corrections(token, context), *nearest_words(token.text, context))
        yield from replaced(prompt, token.start, token.end, (word for word in words if word not in said))
    if code == "incomplete" and not outcome and tokens[attempt.cover.unknown[-1]].norm not in FILLERS:
        yield from gone_on(prompt, context)
    wrong = {(place, place + 1) for place in attempt.cover.unknown}
    wrong |= {(clause.start, clause.end) for clause in attempt.cover.clauses if isinstance(clause.value, Problem)}
    if isinstance(outcome, Misfit) and outcome.clause:
        wrong.add((outcome.clause.start, outcome.clause.end))
    if any(tokens[place].norm in TURNING for start, end in wrong for place in range(start, end)):
        return
    rest = left_out(prompt, [(tokens[start].start, tokens[end - 1].end) for start, end in wrong])
    yield rest
    if rest and not answered_role(rest, context):
        yield from with_a_subject(rest, context)


def _answerable(candidates: Iterable[str], context: Context) -> tuple[str, ...]:
    good = (text for text in dict.fromkeys(candidates) if text and answered_role(text, context))
    return tuple(islice(good, MAX_SUGGESTIONS))


def answered_role(text: str, context: Context) -> str | None:
    """The role of the last word of a prompt that is answered as it stands; None: it is not."""
    if len(text) > context.limits.max_prompt_length:
        return None
    try:
        return read(tokenize(text), whole_milliseconds(context), most=MAX_RETRIED).last_role
    except (OverflowError, CrowdedError):
        return None


def _examples(context: Context) -> tuple[str, ...]:
    """Prompts that are answered whatever is stored, so that nobody is left without a next step."""
    first = tuple(f"{name} per hour today" for name in context.catalog.first_names(1))
    return ("top 5 events today", *first, "count of events per hour today")
