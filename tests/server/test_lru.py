"""The bounded memory by itself."""

from hypothesis import given
from hypothesis import strategies as st

from telemetry_server.reading.lru import Lru

MAX_BYTES = 10
STEPS = st.lists(st.tuples(st.sampled_from(["get", "put", "drop"]), st.integers(0, 5), st.integers(0, 12)), max_size=60)


@given(STEPS)
def test_equals_a_plain_list(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is done, it holds what a list in order of use would hold within the bound."""
    lru: Lru[int, int] = Lru(MAX_BYTES)
    plain: list[tuple[int, int]] = []  # key and size, the latest use last
    for step, key, size in steps:
        held = [pair for pair in plain if pair[0] == key]
        if step == "get":
            assert lru.get(key) == (held[0][1] if held else None)
            plain = [pair for pair in plain if pair[0] != key] + held
            continue
        plain = [pair for pair in plain if pair[0] != key]
        if step == "drop":
            lru.drop(key)
            continue
        lru.put(key, size, size)
        if size <= MAX_BYTES:
            plain.append((key, size))
        while sum(size for _, size in plain) > MAX_BYTES:
            plain.pop(0)
    assert {key: lru.get(key) for key in range(6)} == {key: dict(plain).get(key) for key in range(6)}


def test_sheds_what_is_dead() -> None:
    """Dead values go, the least recently used first, until a live one is met."""
    held: Lru[str, int] = Lru(100)
    for value, key in enumerate("abcd"):
        held.put(key, value, 10)
    held.get("a")
    held.shed(lambda value: value < 2)
    assert [held.get(key) for key in "abcd"] == [0, None, 2, 3]
    held.shed(lambda _: True)
    assert [held.get(key) for key in "abcd"] == [None] * 4
    held.put("e", 5, 100)
    assert held.get("e") == 5
