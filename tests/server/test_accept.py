"""The form that a client wants, by its Accept header."""

import pytest

from telemetry_server.http.accept import preferred


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "plain"),
        ("*/*", "plain"),
        ("a/a", "a"),
        ("A/A ; v=1", "a"),
        ("a/a, b/b", "a"),
        ("b/b, a/a", "b"),
        ("a/a;q=0.5, b/b", "b"),
        ("a/a;q=0.5, */*", "plain"),
        ("a/a, */*", "a"),
        ("*/*;q=0.1, a/a;q=0.2, x/y", "a"),
        ("a/a;q=0", "plain"),
        ("a/a;q=wrong, b/b;q=0.1", "b"),
        (";;,,a", "plain"),
    ],
)
def test_accept_names_a_form(accept: str, form: str) -> None:
    """What is wanted most is given, of equals the first; `*/*` wants the default."""
    assert preferred(accept, {"a/a": "a", "b/b": "b"}, "plain") == form
