"""What of a history is not in the store, and what of the store is not in the history.

Each document has one writer, which waits for the outcome of one write before the next, so that what the document may be
after each of them is a small set: one value after an acknowledged write, one more after each whose outcome is unknown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tools.faults.history import Operation

Stored = tuple[str, int]  # an id, and the value that is stored under it


@dataclass
class Findings:
    """What is wrong, each in a line: by kind.

    lost: acknowledged, and absent or old. phantom: there, and never sent, or refused, or deleted. doubled: there more
    than once. stale: seen by the writer after it was told of something newer. late: an older write of unknown outcome
    happened after a newer one was acknowledged.
    """

    lost: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """All of them."""
        return [f"{kind}: {line}" for kind, lines in vars(self).items() for line in lines]


def check(operations: Iterable[Operation], stored: Sequence[Stored]) -> Findings:
    """Compare; `stored`: all that is there now of what these operations may have written."""
    findings = Findings()
    by_id: dict[str, list[Operation]] = defaultdict(list)
    anonymous: dict[int, Operation] = {}  # created under an id that nobody was told
    for each in operations:
        if each.metric_id is not None:
            by_id[each.metric_id].append(each)
        elif each.value is not None:
            anonymous[each.value] = each
    found = dict(stored)
    _doubled(stored, findings)
    for metric_id, own in by_id.items():
        _document(metric_id, own, found.get(metric_id), findings)
    for metric_id, value in found.items():
        if metric_id in by_id:
            continue
        origin = anonymous.get(value)
        if origin is None:
            findings.phantom.append(f"{metric_id} with {value}: nobody sent it")
        elif origin.status == "refused":
            findings.phantom.append(f"{metric_id} with {value}: refused with {origin.code}")
    return findings


def same(mongodb: Sequence[Stored], server: Sequence[Stored]) -> list[str]:
    """Where the server shows other documents than MongoDB has, each in a line."""
    ours, theirs = Counter(mongodb), Counter(server)
    return [
        *(f"not shown: {metric_id} with {value}" for metric_id, value in (ours - theirs).elements()),
        *(f"shown, but not stored: {metric_id} with {value}" for metric_id, value in (theirs - ours).elements()),
    ]


def _doubled(stored: Sequence[Stored], findings: Findings) -> None:
    ids: Mapping[int, list[str]] = defaultdict(list)
    for metric_id, value in stored:
        ids[value].append(metric_id)
    findings.doubled += [f"{value} is in {', '.join(each)}" for value, each in ids.items() if len(each) > 1]


def _document(metric_id: str, operations: Sequence[Operation], final: int | None, findings: Findings) -> None:
    possible: set[int | None] = {None}
    uncertain: set[int | None] = set()  # what writes of unknown outcome would have made of it, ever
    refused: set[int | None] = set()
    last: Operation | None = None
    for each in operations:
        result = None if each.kind == "delete" else each.value
        if each.kind == "read":
            if each.value not in possible:
                findings.stale.append(f"{metric_id}: {_text(each.value)} was seen, where {_texts(possible)} is right")
        elif each.status == "acknowledged":
            possible = {result}
            last = each
        elif each.status == "unknown":
            possible.add(result)
            uncertain.add(result)
        else:
            refused.add(result)
    if final in possible:
        return
    text = f"{metric_id}: {_text(final)} is there, where {_texts(possible)} is right"
    if final in uncertain and final is not None:
        findings.late.append(text)
    elif final is None or (final not in refused and any(each.value == final for each in operations)):
        absent_of_right = final is not None and last is not None and last.kind == "delete"
        (findings.phantom if absent_of_right else findings.lost).append(text)
    else:
        findings.phantom.append(text)


def _text(value: int | None) -> str:
    return "nothing" if value is None else str(value)


def _texts(values: Iterable[int | None]) -> str:
    return " or ".join(sorted(map(_text, values)))
