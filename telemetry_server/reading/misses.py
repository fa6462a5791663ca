"""Prompts that were refused, counted, so that the language can grow from real use; never what may be personal.

A prompt is kept with the words of the language, metric names and tag keys as typed. A tag value, text in quotes, a
number, and any other word that may name somebody or something are replaced: `squiggled cpu.usage of <value>`.
An unknown word is kept only where it is likely to be one that the language lacks: lower-case letters, neither a part
of a stored tag value nor a letter away from one, and not behind a key, a preposition or a replaced word, where
values stand.
"""

import asyncio
import hashlib
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence

import structlog

from nlq import Catalog, Refusal, Word
from nlq.fold import fold
from nlq.rules import VOCABULARY
from telemetry_server import instants
from telemetry_server.errors import Problem
from telemetry_server.periodic import Periodic
from telemetry_server.stores.documents import Miss
from telemetry_server.stores.mongo import Mongo
from telemetry_server.summaries.retention import Retention

EVERY_SECONDS = 2.0
MAX_WAITING = 1000  # more, and further ones are not counted
MAX_KEPT_PER_CODE = 1000  # the rarest are forgotten
MAX_UNKNOWN_LENGTH = 24
_NUMBER = re.compile(r"[0-9]+([.,][0-9]+)?")
_HIDDEN = ("<value>", "<word>", "<number>")
_LEADS = frozenset(
    """
    on in at to from for by of with without not except excluding besides where is are was were and or vs versus
    against = == != : , ' ’ ` user customer named called
    """.split()
)

log = structlog.get_logger(__name__)


class Misses:
    """Keeps refusals for a moment, then counts them in MongoDB; never delays a request, nor fails one."""

    def __init__(self, store: Mongo, catalog: Callable[[], Catalog]) -> None:
        self._store = store
        self._catalog = catalog
        self._waiting: deque[tuple[str, Refusal]] = deque()
        self._periodic = Periodic("misses", EVERY_SECONDS, self._flush)

    def start(self) -> None:
        self._periodic.start()

    async def stop(self) -> None:
        """Count what is left."""
        await self._periodic.stop()

    def record(self, prompt: str, refusal: Refusal) -> None:
        """Count one refusal."""
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append((prompt, refusal))

    async def _flush(self) -> None:
        counts: Counter[tuple[str, str]] = Counter()
        while self._waiting:
            prompt, refusal = self._waiting.popleft()
            counts[refusal.code, without_values(prompt, refusal, self._catalog())] += 1
            await asyncio.sleep(0)
        if not counts:
            return
        try:
            await self._store.count_misses({_identify(*miss): (*miss, count) for miss, count in counts.items()})
            for code in sorted({code for code, _ in counts}):
                await self._store.forget_misses(code, MAX_KEPT_PER_CODE)
        except Problem as error:
            log.warning("misses not counted", count=counts.total(), reason=error.detail)


def without_values(prompt: str, refusal: Refusal, catalog: Catalog) -> str:
    """The prompt as it may be kept, its words set apart by single spaces."""
    kept: list[str] = []
    before = ""
    for word in refusal.words:
        text = _kept(prompt, word, before, catalog)
        if not (kept and kept[-1] == text in _HIDDEN):  # how many words a value has is nobody's business
            kept.append(text)
        before = text if text in _HIDDEN else word.text.casefold()
    return " ".join(kept)


async def listed(uri: str, app_env: str, retention: Retention) -> list[Miss]:
    """All misses that are kept, the code with most of them first, and within it the most frequent. Raises Problem."""
    store = Mongo(uri, app_env, retention)
    try:
        found = await store.misses()
    finally:
        store.close()
    totals: Counter[str] = Counter()
    for miss in found:
        totals[miss.code] += miss.count
    return sorted(found, key=lambda miss: (-totals[miss.code], miss.code, -miss.count, miss.text))


def table(misses: Sequence[Miss], limit: int) -> Iterator[str]:
    """The first `limit` misses as lines of text, and how many there are in all."""
    rows = [("code", "count", "last asked", "prompt")]
    rows += [(miss.code, str(miss.count), instants.render(miss.seen_at)[:10], miss.text) for miss in misses[:limit]]
    code, count = (max(len(row[column]) for row in rows) for column in (0, 1))
    for row in rows:
        yield f"{row[0]:{code}}  {row[1]:>{count}}  {row[2]}  {row[3]}"
    if len(misses) > limit:
        yield f"{len(misses) - limit} more: --limit {len(misses)}"


def _kept(prompt: str, word: Word, before: str, catalog: Catalog) -> str:
    quoted = prompt[word.start] in '"“”'
    text = word.text.casefold()
    folded = fold(word.text)
    values = catalog.values_like(folded)
    if not quoted and text in VOCABULARY and not (values and word.role == "tag"):
        return text
    if any(character.isdigit() for character in text) and not catalog.names_like(folded):
        return "<number>" if _NUMBER.fullmatch(text) else "<value>"
    if not quoted and not values and (word.role == "metric" or catalog.names_like(folded) or catalog.keys_like(folded)):
        return text
    if not quoted and len(text) == 1 and not text.isalnum():
        return text
    if values or quoted or word.role == "tag":
        return "<value>"
    as_value = before in _LEADS or before in _HIDDEN or bool(catalog.keys_like(fold(before)))
    plain = word.text.isascii() and word.text.isalpha() and word.text.islower() and len(text) <= MAX_UNKNOWN_LENGTH
    return "<word>" if as_value or not plain or catalog.resembles_value(word.text) else text


def _identify(code: str, text: str) -> str:
    return hashlib.blake2b(f"{code}\0{text}".encode(), digest_size=16).hexdigest()
