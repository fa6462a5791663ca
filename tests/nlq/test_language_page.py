"""docs/language.md names what the language has."""

from pathlib import Path
from typing import get_args

import pytest

from nlq.refusal import Code
from nlq.rules import ROLES

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text()


@pytest.mark.parametrize("name", sorted({*ROLES.values(), *get_args(Code)}))
def test_page_names_every_role_and_every_code(name: str) -> None:
    """Each has its row in a table."""
    assert any(line.startswith(f"| `{name}` |") for line in PAGE.splitlines()), name
