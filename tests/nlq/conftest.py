"""The clock and the catalog that the corpus is read with."""

import itertools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

import nlq

CORPUS = Path(__file__).parent / "corpus"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def read_series() -> Iterator[tuple[str, str, list[str]]]:
    """(name, type, tags) of each series that `catalog.txt` spells out."""
    for line in (CORPUS / "catalog.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, type_, *tags = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
            choices = []
            for tag in tags:
                key, colon, values = tag.replace('"', "").partition(":")
                choices.append([f"{key}{colon}{value}" for value in values.split("|")])
            for combination in itertools.product(*choices):
                yield name, type_, sorted(combination)


def read_catalog() -> nlq.Catalog:
    """The catalog of those series."""
    catalog = nlq.Catalog()
    for name, type_, tags in read_series():
        catalog.add(name, type_, tags)
    return catalog


@contextmanager
def without_tracing() -> Iterator[None]:
    """At full speed: for loops over what other tests cover line by line, and for what is timed."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


@pytest.fixture(scope="module")
def untraced() -> Iterator[None]:
    """Without tracing, for all of a module."""
    with without_tracing():
        yield


@pytest.fixture(scope="session")
def catalog() -> nlq.Catalog:
    return read_catalog()


@pytest.fixture
def context(catalog: nlq.Catalog) -> nlq.Context:
    return nlq.Context(now=NOW, catalog=catalog)
