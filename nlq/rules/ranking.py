"""Rankings and lists: `top 5`, `3 slowest`, `lowest ten`; `list`, `the last 20`."""

from nlq import lexicon
from nlq.clauses import Groups, Listing, Others, Ranking, Share
from nlq.context import Context
from nlq.engine import Producer, Rule
from nlq.refusal import Problem


def _ranking(context: Context, count: int, word: str) -> Ranking | Problem:
    descending, quality = lexicon.SUPERLATIVES[word]
    return _bounded(context, count) or Ranking(count, descending, quality, word)


def _bounded(context: Context, count: int) -> Problem | None:
    if count < 1:
        return Problem("impossible", f"There is no list of {count}.")
    if count > context.limits.max_groups:
        return Problem("too_many", f"An answer has at most {context.limits.max_groups} rows, not {count}.")
    return None


def _per(*, descending: bool) -> Producer:
    def produce(context: Context, count: int, groups: Groups) -> Ranking | Problem:
        return _bounded(context, count) or Ranking(count, descending, word="top", per=groups.keys)

    return produce


def _listing(context: Context, count: int) -> Listing | Problem:
    return _bounded(context, count) or Listing(count)


RULES = (
    *(
        rule
        for word, (descending, quality) in lexicon.SUPERLATIVES.items()
        for rule in (
            Rule(f"{word} n", f"{word} <count>", "ranking", lambda c, n, word=word: _ranking(c, n, word)),
            Rule(f"n {word}", f"<count> {word}", "ranking", lambda c, n, word=word: _ranking(c, n, word)),
            Rule(
                word,
                word,
                "ranking",
                lambda _context, word=word, descending=descending, quality=quality: Ranking(
                    None, descending, quality, word
                ),
                cost=0.3 if quality == "any" and word not in ("top", "bottom") else 0.0,
            ),
        )
    ),
    Rule("which has more", "more", "ranking", lambda _context: Ranking(None, descending=True, word="more"), cost=0.3),
    Rule("top n per group", "top <count> per <groups>", "ranking", _per(descending=True)),
    Rule("bottom n per group", "bottom <count> per <groups>", "ranking", _per(descending=False)),
    Rule("others", "and|with|plus the? others|other|rest", "ranking", lambda _context: Others()),
    Rule("others folded", "the? others|rest folded|combined|grouped together?", "ranking", lambda _context: Others()),
    Rule(
        "share of",
        "by? share|shares|proportion|percentage|percent|fraction|distribution|breakdown of",
        "share",
        lambda _context: Share(),
    ),
    Rule("share", "share|shares", "share", lambda _context: Share()),
    Rule("in percent", "in|as percent|percentage|percentages|shares|share", "share", lambda _context: Share()),
    Rule("list", "list|raw", "listing", lambda _context: Listing(None)),
    Rule("list n", "list the? last|latest|newest? <count>", "listing", _listing),
    Rule("last n", "last|latest|newest <count>", "listing", _listing, cost=0.1),
    Rule("most recent n", "most recent <count>", "listing", _listing),
    Rule("n most recent", "<count> most? recent|latest|newest", "listing", _listing),
    Rule("the last", "last", "listing", lambda _context: Listing(1), cost=0.5),
    Rule("most recent", "most? recent|latest|newest", "listing", lambda _context: Listing(None), cost=0.1),
)
