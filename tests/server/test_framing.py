"""HTTP that may be read in two ways is not read: nothing behind it runs as a request of its own."""

from tools.attacks.framing import ALLOWED, FORBIDDEN, smuggled, wrong
from tools.server import Server

from tests.conftest import StartServer

PLANTED = 20  # of the texts, at least so many fool the reader that is not strict


def test_nothing_is_smuggled(server: Server) -> None:
    """What RFC 9112 does not allow is 4xx, once, and ends the connection."""
    seen, run = smuggled(server, FORBIDDEN)
    assert run == set()
    assert wrong(seen) == []


def test_what_is_allowed_is_answered(server: Server) -> None:
    """Each is answered once, and so is what follows it."""
    seen, run = smuggled(server, ALLOWED)
    assert {what: each for what, each in seen.items() if len(each.statuses) != 2 or each.statuses[1] != 201} == {}
    assert run == set(ALLOWED)
    assert {each.statuses[0] for each in seen.values()} == {200, 405}


def test_the_battery_catches_a_lenient_reader(start_server: StartServer) -> None:
    """Sanic's own reader is fooled by many of the texts."""
    _, run = smuggled(start_server(module="tools.attacks.lenient"), FORBIDDEN)
    assert len(run) >= PLANTED
