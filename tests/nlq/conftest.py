"""The clock and the catalog that the corpus is read with."""

import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import nlq

CORPUS = Path(__file__).parent / "corpus"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def read_catalog() -> nlq.Catalog:
    """The catalog that `catalog.txt` spells out."""
    catalog = nlq.Catalog()
    for line in (CORPUS / "catalog.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, type_, *tags = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
            choices = []
            for tag in tags:
                key, colon, values = tag.replace('"', "").partition(":")
                choices.append([f"{key}{colon}{value}" for value in values.split("|")])
            for combination in itertools.product(*choices):
                catalog.add(name, type_, combination)
    return catalog


@pytest.fixture(scope="session")
def catalog() -> nlq.Catalog:
    return read_catalog()


@pytest.fixture
def context(catalog: nlq.Catalog) -> nlq.Context:
    return nlq.Context(now=NOW, catalog=catalog)
