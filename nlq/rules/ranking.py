"""Rankings and lists: `top 5`, `3 slowest`, `lowest ten`; `list`, `the last 20`."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from nlq import lexicon
from nlq.clauses import Both, Columns, Compare, Groups, Listing, Metric, Others, Part, Ranking, Share
from nlq.context import Context
from nlq.question import TagFilter
from nlq.refusal import Problem
from nlq.rule import Match, Producer, Rule, Scanner
from nlq.tokens import Token


def _ranking(context: Context, count: int, word: str) -> Ranking | Problem:
    descending, quality = lexicon.SUPERLATIVES[word]
    return bounded(context, count, word) or Ranking(count, descending, quality, word)


def bounded(context: Context, count: int, word: str) -> Problem | None:
    """What is wrong with so many rows, if anything."""
    if count < 1:
        default = context.limits.default_top
        return Problem("impossible", f"There is no list of {count}.", (f"{word} {default}", f"{word} 1"))
    most = context.limits.max_groups
    if count > most:
        return Problem("too_many", f"An answer has at most {most} rows, not {count}.", (f"{word} {most}",))
    return None


def _all_of(context: Context, word: str) -> Ranking:
    """`biggest first`: the order alone."""
    descending, quality = lexicon.SUPERLATIVES[word]
    return Ranking(context.limits.max_groups, descending, quality, word)


def _moved(context: Context, word: str, count: int | None, change: Compare) -> Ranking | Problem | None:
    """`biggest increase in`, `5 biggest drops`."""
    descending, quality = lexicon.SUPERLATIVES[word]
    problem = None if count is None else bounded(context, count, word)
    return problem or (Ranking(count, descending, quality, word, change=change) if quality == "any" else None)


def _moved_alone(context: Context, word: str, change: Compare) -> Ranking | Problem | None:
    """`biggest drop`; but `most changes` may be of `tool.change`."""
    return _moved(context, word, None, change) if change.direction else None


def _at(context: Context, place: float, ranking: Ranking | Others | Problem) -> Ranking | Problem | None:
    """`second busiest`, `3rd most common`."""
    if not isinstance(ranking, Ranking) or ranking.count is not None or place != int(place):
        return None
    return bounded(context, int(place), "top") or replace(ranking, count=1, place=int(place))


def _fraction(_context: Context, number: float) -> Problem:
    choices = (f"top {count}" for count in (int(number), int(number) + 1) if count > 0)
    return Problem("impossible", f"There is no list of {number:g}.", tuple(choices))


def _per(*, descending: bool) -> Producer:
    def produce(context: Context, count: int, groups: Groups) -> Ranking | Problem:
        return bounded(context, count, "top" if descending else "bottom") or Ranking(
            count, descending, word="top", per=groups.keys
        )

    return produce


def _often(*, descending: bool) -> Producer:
    def produce(context: Context, count: int | None = None) -> Ranking | Problem:
        word = "most often" if descending else "least often"
        problem = None if count is None else bounded(context, count, "top")
        return problem or Ranking(count, descending, "count", word)

    return produce


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        if token.norm in lexicon.SUPERLATIVES and not token.quoted:
            descending, quality = lexicon.SUPERLATIVES[token.norm]
            alone = Ranking(None, descending, quality, token.norm)
            cost = 0.3 if quality == "any" and token.norm not in ("top", "bottom") else 0.0  # `highest` may be `max`
            yield Match(index, index + 1, "superlative", token.norm, 0.0, "superlative")
            yield Match(index, index + 1, "ranking", alone, cost, "superlative alone")


def _listing(context: Context, count: int) -> Listing | Problem:
    return bounded(context, count, "last") or Listing(count)


def _oldest(context: Context, count: int) -> Listing | Problem:
    return bounded(context, count, "first") or Listing(count, oldest=True)


SCANNERS = (Scanner("superlative", _scan, reach=1),)
_FIELDS = "time|times|when|timestamp|timestamps|date|dates|value|values|name|names|type|types"
_OWN = "share|part|percentage|portion|proportion"
_PARTS = "percentage|percent|pct|%|share|fraction|proportion"


def _own_share(_context: Context, tag: TagFilter | Problem) -> Both | Problem:
    """`steam's share of logins`."""
    return tag if isinstance(tag, Problem) else Both(Share(), Part(tag))


def _beside(_context: Context, shown: Columns, more: Columns) -> Columns:
    return Columns((*shown.keys, *more.keys))


def _shown(_context: Context, shown: Columns) -> Columns:
    return shown


def _it_got(context: Context, word: str) -> Ranking | Problem | None:
    """`the hottest it got`: the one value, which a word of how often something happens does not say."""
    return _ranking(context, 1, word) if lexicon.SUPERLATIVES[word][1] not in ("count", "good") else None


def _of_all(_context: Context, metric: Metric) -> Both:
    return Both(Share(of_all=True), metric)


RULES = (
    Rule(
        "superlative n", "<superlative> <count>", "ranking", lambda context, word, count: _ranking(context, count, word)
    ),
    Rule("n superlative", "<count> <superlative>", "ranking", _ranking),
    Rule("nth of a ranking", "<nth> <ranking>", "ranking", _at, cost=-0.5),
    *(
        Rule(
            f"nth {word} per group",
            f"<nth> {word} per <groups>",
            "ranking",
            lambda c, n, groups, word=word: _at(c, n, replace(_all_of(c, word), count=None, per=groups.keys)),
            cost=-0.6,
        )
        for word in ("highest", "lowest")
    ),
    Rule("superlative single", "<superlative> single|individual", "ranking", lambda c, word: _ranking(c, 1, word)),
    Rule("single superlative", "single <superlative>", "ranking", lambda c, word: _ranking(c, 1, word)),
    Rule("superlative first", "with? the? <superlative> first", "ranking", _all_of, cost=0.3),
    Rule(
        "from one end to the other",
        "order|ordered|sorted|ranked? from? <superlative> to <superlative>",
        "ranking",
        lambda c, first, last: _all_of(c, first) if first != last else None,
    ),
    Rule(
        "superlative it got",
        "<superlative> it|they|that got|gets|went|goes|reached|fell|dropped|was|were",
        "ranking",
        _it_got,
    ),
    Rule("superlative on top", "<superlative> on|at top", "ranking", _all_of),
    Rule("ranked", "rank|ranked|ranking", "ranking", lambda c: _all_of(c, "highest"), cost=0.4),
    Rule("put in order", "rank|order|sort", "lead", lambda c: _all_of(c, "highest"), cost=0.5),
    Rule(
        "descending",
        "sorted|ordered? in? descending|decreasing|desc order?",
        "ranking",
        lambda c: _all_of(c, "highest"),
    ),
    Rule("ascending", "sorted|ordered? in? ascending|increasing|asc order?", "ranking", lambda c: _all_of(c, "lowest")),
    Rule("superlative and a fraction", "<superlative> <fraction>", "ranking", lambda c, _word, n: _fraction(c, n)),
    Rule("last part of a number", "list|last|latest|newest <fraction>", "ranking", _fraction),
    Rule("superlative move", "<superlative> <move>", "ranking", _moved_alone, cost=0.1),
    Rule(
        "superlative move of", "<superlative> <move> in|of|for", "ranking", lambda c, w, move: _moved(c, w, None, move)
    ),
    Rule("superlative n moves", "<superlative> <count> <move> in|of|for?", "ranking", _moved),
    Rule(
        "n superlative moves",
        "<count> <superlative> <move> in|of|for?",
        "ranking",
        lambda c, n, w, m: _moved(c, w, n, m),
    ),
    Rule(
        "superlative move first",
        "with? the? <superlative> <move> first",
        "ranking",
        lambda c, word, move: _moved(c, word, c.limits.max_groups, move),
    ),
    Rule("which has more", "more", "ranking", lambda _context: Ranking(None, descending=True, word="more"), cost=0.3),
    Rule("most often", "the? most often|frequently|commonly", "ranking", _often(descending=True), cost=-0.1),
    Rule("least often", "the? least often|frequently|commonly", "ranking", _often(descending=False), cost=-0.1),
    Rule("n most common", "<count>? most common|frequent|popular", "ranking", _often(descending=True)),
    Rule(
        "most common first",
        "most common|frequent|popular|often first",
        "ranking",
        lambda c: Ranking(c.limits.max_groups, descending=True, quality="count", word="most often"),
    ),
    Rule(
        "least common first",
        "least common|frequent|popular|often first",
        "ranking",
        lambda c: Ranking(c.limits.max_groups, descending=False, quality="count", word="least often"),
    ),
    Rule("n least common", "<count>? least common|frequent|popular", "ranking", _often(descending=False)),
    Rule("top n per group", "top <count> per <groups>", "ranking", _per(descending=True)),
    Rule("bottom n per group", "bottom <count> per <groups>", "ranking", _per(descending=False)),
    Rule("others", "and|with|plus the? others|other|rest", "ranking", lambda _context: Others()),
    Rule(
        "rest as others",
        "and|with|plus the? rest|others as|in|under others|other",
        "ranking",
        lambda _context: Others(),
    ),
    Rule("others folded", "the? others|rest folded|combined|grouped together?", "ranking", lambda _context: Others()),
    Rule(
        "share of",
        "by? share|shares|portion|proportion|percentage|percent|%|fraction|distribution|breakdown of all?",
        "share",
        lambda _context: Share(),
    ),
    Rule("how much of", "how much of", "share", lambda _context: Share(), cost=-0.6),
    Rule(
        "what share",
        "what|which share|percentage|percent|pct|%|fraction|proportion|part",
        "share",
        lambda _context: Share(),
        cost=0.2,
    ),
    Rule("what part of", "what|which part|percent|pct|% of", "share", lambda _context: Share(), cost=-0.1),
    Rule(
        "of the total",
        "as? a? percent|pct|%|percentage|share|fraction of the? total|whole",
        "share",
        lambda _context: Share(),
        cost=-0.1,
    ),
    Rule("share of a value", f"the? <keyless> 's|\u2019s {_OWN} of total|all? the?", "share", _own_share, cost=-0.1),
    Rule("share", "share|shares", "share", lambda _context: Share()),
    Rule("as shares", "in|as percentage|percentages|shares|share", "share", lambda _context: Share()),
    Rule("as a share of all", f"in|as a|an? {_PARTS} of all the? <name>", "share", _of_all),
    Rule("as a share", "as a|an percentage|percent|share|fraction", "share", lambda _context: Share()),
    Rule("column of a tag", "<key>", "column", lambda _context, key: Columns((key,))),
    Rule("column of all", f"{_FIELDS}", "column", lambda _context: Columns()),
    Rule("two columns", "<column> and|,|+|& the? its|their? <column>", "columns", _beside),
    Rule("more columns", "<columns> and|,|+|& the? its|their? <column>", "columns", _beside),
    Rule("columns, and the last", "<columns> , and the? its|their? <column>", "columns", _beside),
    Rule("columns in a row", "<column> <column>", "column-row", _beside),
    Rule("more columns in a row", "<column-row> <column>", "column-row", _beside),
    Rule("list of columns in a row", "list|show|with|showing <column-row>", "listing", _shown, cost=0.3),
    Rule("list with columns", "list|show with <columns>", "listing", _shown, cost=0.2),
    # dearer than a tag that is there, or a group
    Rule("with columns", "with|including|plus the? its|their? <columns>", "listing", _shown, cost=0.2),
    Rule("with its column", "with|including|plus its|their|the <column>", "listing", _shown, cost=0.2),
    Rule("with a field", f"with {_FIELDS}", "listing", lambda _context: Columns(), cost=0.1),
    Rule("showing columns", "showing the? its|their? <columns>", "listing", _shown),
    Rule("showing a column", "showing the? its|their? <column>", "listing", _shown),
    Rule("list", "list|raw all?", "listing", lambda _context: Listing(None)),
    Rule("list n", "list the? last|latest|newest? <count>", "listing", _listing),
    Rule("last n", "last|latest|newest <count>", "listing", _listing, cost=0.1),
    Rule("most recent n", "most recent <count>", "listing", _listing),
    Rule("n most recent", "<count> most? recent|latest|newest", "listing", _listing),
    Rule("list first n", "list the? first|oldest|earliest <count>", "listing", _oldest),
    Rule("first n", "first|oldest|earliest <count>", "listing", _oldest, cost=0.1),
    Rule("n oldest", "<count> oldest|earliest", "listing", _oldest),
    Rule("oldest first", "oldest|earliest first", "listing", lambda _context: Listing(None, oldest=True)),
    Rule("oldest", "list? oldest", "listing", lambda _context: Listing(None, oldest=True), cost=0.1),
    Rule("the last", "last", "listing", lambda _context: Listing(1), cost=0.5),
    Rule("newest first", "newest|latest|recent first|on|at top?", "listing", lambda _context: Listing(None)),
    Rule("most recent", "most? recent|latest|newest", "listing", lambda _context: Listing(None), cost=0.1),
)
