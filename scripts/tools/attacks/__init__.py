"""The second table of scripts/faults: what attackers send to a running server.

A module has one attack, and a `ROW` as the faults have. To add an attack, write such a module and add its row to ROWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools.attacks import bombs, contract, drips, expensive, framing, json_texts, keys, naughty, operators, prompts

if TYPE_CHECKING:
    from tools.faults.row import Row

ROWS: Final[tuple[Row, ...]] = (
    json_texts.ROW,
    naughty.ROW,
    operators.ROW,
    prompts.ROW,
    bombs.ROW,
    expensive.ROW,
    drips.ROW,
    framing.ROW,
    keys.ROW,
    contract.ROW,
)
