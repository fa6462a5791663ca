"""Verbs and question words that say little by themselves: `happened`, `took`; `how hot`; `who`, `where`; `trend`."""

from collections.abc import Iterator, Sequence

from nlq import lexicon, verbs
from nlq.clauses import Asked, How, HowMuch, Occurred, Trend, Whether
from nlq.context import Context
from nlq.refusal import Problem
from nlq.rule import Match, Producer, Rule, Scanner
from nlq.time_clauses import Still
from nlq.tokens import Token

SEEN = 6  # words before a verb
_DOUBTFUL = {  # verbs, and words of which one stands before them where they are verbs
    "last": frozenset("did does do that which who to not".split()),
    "sat": frozenset("that which who".split()),
    **dict.fromkeys(("send", "sends"), frozenset("did does that which who".split())),
}
VERB_COST = 0.5  # a name or a comparison that has the word comes first


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        if token.norm in verbs.WORDS and not token.quoted and _is_verb(tokens, index):
            qualities = frozenset(quality for quality, words in verbs.MEASURING.items() if token.norm in words)
            value = Occurred(token.norm, token.norm in verbs.LIGHT, qualities)
            cost = VERB_COST - 0.1 if token.norm in lexicon.WISHED else VERB_COST
            yield Match(index, index + 1, "verb", value, cost, "verb")
        if token.norm in lexicon.ADJECTIVES and not token.quoted:
            yield Match(index, index + 1, "adjective", token.norm, 0.0, "adjective")


def _is_verb(tokens: Sequence[Token], place: int) -> bool:
    """`how long did calls last`, but `last night shift`; `when did it send`, but `send me the errors`."""
    asking = _DOUBTFUL.get(tokens[place].norm)
    return asking is None or any(token.norm in asking for token in tokens[max(0, place - SEEN) : place])


def _how(*, extreme: bool, now: bool = False) -> Producer:
    def produce(_context: Context, word: str) -> How:
        return How(word, *lexicon.ADJECTIVES[word], extreme, now)

    return produce


def _busy(_context: Context) -> How:
    return How("busy", descending=True, quality="any", extreme=False)


def _occurred(word: str) -> Producer:
    return lambda _context: Occurred(word)


SCANNERS = (Scanner("verbs and adjectives", _scan, reach=SEEN + 1),)
# What is said to be polite. `to` and `you` mean nothing here, and `to` says much elsewhere.
POLITE_COST = -0.7
RANKED_COST = 1.0
DOUBTFUL_COST = 0.6  # what may be stored under that name comes first
_POLITE = (
    "like|love|want|wish|need|able|possible|interested to|in know|see|get|have|find?",
    "do|did|would you know|mind|have?",
    "mind|appreciate? showing|giving|telling|sending|listing me|us?",
    "any idea|chance|clue",
    "at all",
    "with all? the|their|its tags",
    "good morning|afternoon|evening|day",
    "a? quick one|question :?",
    "just show|give|tell|get me|us?",
    "looking|look at",
    "ever had|seen",
)

RULES = (
    *(Rule(f"polite: {words}", words, "polite", lambda _context: HowMuch(), cost=POLITE_COST) for words in _POLITE),
    Rule("still", "still", "form", lambda _context: Still(), cost=-0.1),
    Rule("responsible for", "responsible|accountable for", "polite", lambda _context: HowMuch(), cost=DOUBTFUL_COST),
    # where an end of the order is said too: `ranked by errors, lowest three`
    Rule("ranked, beside", "ranked|sorted|ordered", "polite", lambda _context: HowMuch(), cost=RANKED_COST),
    Rule("things", "thing|things", "polite", lambda _context: HowMuch(), cost=DOUBTFUL_COST),
    Rule("split", "split|group|separate|segment", "lead", lambda _context: HowMuch()),
    Rule("break down", "break|split|slice down|up", "lead", lambda _context: HowMuch()),
    Rule("wondering if", "wondering|wonder|know|tell|see|check me|us? if|whether", "form", lambda _context: Whether()),
    Rule("took place", "take|takes|took|taken|taking place", "verb", _occurred("took place"), cost=VERB_COST),
    Rule("came in", "come|comes|came|coming in", "verb", _occurred("came in"), cost=VERB_COST),
    Rule("came from", "come|comes|came|coming from", "verb", _occurred("came from"), cost=VERB_COST),
    Rule("brought in", "bring|brings|brought|bringing in", "verb", _occurred("brought in"), cost=VERB_COST),
    Rule("turned out", "turn|turns|turned|turning out", "verb", _occurred("turned out"), cost=VERB_COST - 0.1),
    Rule("carried out", "carry|carried out", "verb", _occurred("carried out"), cost=VERB_COST),
    Rule("went through", "go|goes|went|going|gone through", "verb", _occurred("went through"), cost=VERB_COST),
    Rule(
        "people",
        "did|do|does|have|has|had|are|were|can people|they|everyone|everybody",
        "verb",
        lambda _context: HowMuch(),
    ),
    Rule("how hot is", "how <adjective> is|are people|they|we|you?", "form", _how(extreme=False, now=True)),
    Rule("how hot was", "how <adjective> was|were|does|do people|they|we|you?", "form", _how(extreme=False)),
    Rule("how hot did", "how <adjective> did|has|have|had", "form", _how(extreme=True)),
    Rule("how busy", "how busy|loaded is|are|was|were|has|have|did|does", "form", _busy),
    Rule("who", "by? who|whom", "form", lambda _context: Asked("who")),
    Rule(
        "and where it was",
        "and|,? where|whereabouts it|that|they|this was|were|is|happened|occurred",
        "form",
        lambda _context: Asked("where"),
        cost=-0.3,
    ),
    Rule(
        "and where was it",
        "and|,? where was|were|is|are|did it|they|that|those happen|occur|come? from?",
        "form",
        lambda _context: Asked("where"),
        cost=-0.5,
    ),
    Rule(
        "and what were they",
        "and what was|were|are|is it|they|those|that",
        "form",
        lambda _context: Problem("conflict", "Two questions in one prompt: ask one after the other."),
        cost=-0.97,  # no other reading stands in
    ),
    Rule(
        "and who it was",
        "and|,? who|whom it|that|they|this was|were|is",
        "form",
        lambda _context: Asked("who"),
        cost=-0.3,
    ),
    Rule("which ones", "and|,? which|what ones|one", "form", lambda _context: Asked("ones")),
    Rule("how many people", "how many people|persons|individuals", "form", lambda _context: Asked("people")),
    Rule("number of people", "number of people|persons who?", "form", lambda _context: Asked("people")),
    Rule("whose", "whose", "lead", lambda _context: Asked("who"), cost=-0.9),
    # a filler elsewhere: `cpu usage where host is web-01`
    Rule(
        "where",
        "where did|do|does|is|are|was|were|has|have people|they?",
        "lead",
        lambda _context: Asked("where"),
        cost=-0.9,
    ),
    Rule("trend", "as? a|the? trend|timeline|curve|history of|in|for?", "form", lambda _context: Trend()),
    Rule(
        "developed",
        "develop|developed|developing|evolve|evolved|evolving",
        "form",
        lambda _context: Trend(),
        cost=0.3,
    ),
    Rule("up or down", "go|goes|going|went|trending|moving up or down", "form", lambda _context: Trend(), cost=-0.3),
    Rule("over time", "over time", "form", lambda _context: Trend()),
    Rule("development of", "development|evolution|course|progression of|in", "form", lambda _context: Trend()),
)
