"""Raw HTTP that two readers may frame differently: whatever is behind it must not be run as a request of its own.

Each text is sent with a second request behind it that would store a metric, on one connection. Of a text that RFC 9112
does not allow the server may answer 4xx, once, and must close; the metric must not be there. Texts that it does allow
are answered, and so is what follows: that proves that the battery sees a request that is run.
"""

from __future__ import annotations

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.faults.client import Client
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tools.server import Server

BODY = b'{"prompt":"count today"}'
SIZE = b"%d" % len(BODY)
SECONDS = 5.0
AT_ONCE = 16
_STATUS = re.compile(rb"(?:^|\r?\n|\})HTTP/1\.1 (\d{3}) ")


def _post(*lines: bytes, body: bytes = BODY, version: bytes = b"HTTP/1.1", host: bytes = b"Host: a\r\n") -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    return b"POST /query " + version + b"\r\n" + host + head + b"\r\n" + body


def _chunked(body: bytes, *lines: bytes) -> bytes:
    return _post(b"Transfer-Encoding: chunked", *lines, body=body)


def _chunk(size: bytes) -> bytes:
    return _chunked(size + b"\r\n" + BODY + b"\r\n0\r\n\r\n")


_LENGTH = b"Content-Length: " + SIZE
_CHUNKS = b"18\r\n" + BODY + b"\r\n0\r\n\r\n"

ALLOWED: dict[str, bytes] = {
    "a length": _post(_LENGTH),
    "no space before a length": _post(b"content-length:" + SIZE),
    "spaces behind a length": _post(_LENGTH + b" \t "),
    "zeros before a length": _post(b"Content-Length: 000" + SIZE),
    "chunks": _chunked(_CHUNKS),
    "many chunks": _chunked(b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"),
    "zeros before the size of a chunk": _chunk(b"00018"),
    "an extension of a chunk": _chunk(b'18;name="value"'),
    "no body": b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "a body of a GET": b"GET /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    "the absolute form": b"GET http://b/health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes beyond ASCII in a value": b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9 \xff\r\n\r\n",
    "a tab in a value": b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: a\tb\r\n\r\n",
    "an empty value": b"GET /health/live HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n",
    "an empty Host": b"GET /health/live HTTP/1.1\r\nHost:\r\n\r\n",
    "a Host of IPv6": b"GET /health/live HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
    "an unknown method": b"BREW /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "underscores are another name": b"GET /health/live HTTP/1.1\r\nHost: a\r\nContent_Length: 9\r\n\r\n",
}

_NAMES = {
    "a space behind the name": b"Content-Length : ",
    "a tab behind the name": b"Content-Length\t: ",
    "a space before the name": b" Content-Length: ",
    "a tab before the name": b"\tContent-Length: ",
    "NUL in the name": b"Content-Length\0: ",
    "NUL before the name": b"\0Content-Length: ",
    "a form feed behind the name": b"Content-Length\x0c: ",
    "a no-break space behind the name": b"Content-Length\xc2\xa0: ",
    "a bare CR before the name": b"\rContent-Length: ",
    "a bare LF before the name": b"X: y\nContent-Length: ",
    "a bare CR in a value": b"X: y\rContent-Length: ",
    "parentheses in the name": b"Content-Length(): ",
    "a quoted name": b'"Content-Length": ',
    "a name beyond ASCII": b"Content-Lengt\xc4\xa7: ",
    "no name": b": ",
    "no colon": b"Content-Length ",
}
_LENGTHS = {
    "a plus": b"+" + SIZE,
    "a minus": b"-" + SIZE,
    "hexadecimal": b"0x18",
    "an underscore": b"2_4",
    "a fraction": SIZE + b".0",
    "an exponent": b"24e0",
    "a list": SIZE + b", " + SIZE,
    "a list of two": SIZE + b", 5",
    "words": SIZE + b" " + SIZE,
    "nothing": b"",
    "a quoted number": b'"24"',
    "digits of another script": "٢٤".encode(),
    "wide digits": "２４".encode(),
    "a no-break space": b"\xc2\xa0" + SIZE,
    "a vertical tab": b"\x0b" + SIZE,
    "a form feed behind": SIZE + b"\x0c",
    "NUL behind": SIZE + b"\0",
    "a bare CR behind": SIZE + b"\r",
    "a semicolon": SIZE + b";",
    "too many digits": b"9" * 400,
    "a word": b"abc",
}
_CODINGS = {
    "a space behind the name": b"Transfer-Encoding : chunked",
    "a vertical tab": b"Transfer-Encoding:\x0bchunked",
    "a form feed": b"Transfer-Encoding: \x0cchunked",
    "NUL behind": b"Transfer-Encoding: chunked\0",
    "a bare CR behind": b"Transfer-Encoding: chunked\r",
    "an unknown one": b"Transfer-Encoding: xchunked",
    "one more": b"Transfer-Encoding: chunked, identity",
    "one before": b"Transfer-Encoding: gzip, chunked",
    "twice": b"Transfer-Encoding: chunked, chunked",
    "two lines": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "two lines that differ": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "quoted": b'Transfer-Encoding: "chunked"',
    "a parameter": b"Transfer-Encoding: chunked;q=1",
    "identity": b"Transfer-Encoding: identity",
    "nothing": b"Transfer-Encoding:",
    "folded": b"Transfer-Encoding:\r\n chunked",
    "a bare LF before it": b"X: y\nTransfer-Encoding: chunked",
    "a no-break space": b"Transfer-Encoding: \xc2\xa0chunked",
    "a letter that looks alike": "Transfer-Encoding: chun\u212aed".encode(),
}
_SIZES = {
    "0x": b"0x18",
    "0X": b"0X18",
    "a plus": b"+18",
    "a minus": b"-18",
    "an underscore": b"1_8",
    "a space before": b" 18",
    "a tab before": b"\t18",
    "a space behind": b"18 ",
    "a tab behind": b"18\t",
    "a vertical tab": b"18\x0b",
    "NUL": b"18\0",
    "nothing": b"",
    "an extension alone": b";a",
    "digits of another script": "١٨".encode(),
    "wide digits": "１８".encode(),
    "a no-break space": b"18\xc2\xa0",
    "a bare LF": b"18\n",
    "a bare CR": b"18\rX",
    "a bare LF in an extension": b"18;a\nb",
    "a bare CR in an extension": b"18;a\rb",
    "NUL in an extension": b"18;a\0b",
    "a word": b"zz",
    "a quote": b'"18"',
    "a brace": b"{18}",
    "more than 64 bits": b"1" + b"0" * 15 + b"18",
    "an extension that never ends": b"18;" + b"a" * 5000,
}
_LINES = {
    "no version": b"POST /query\r\nHost: a",
    "version 0.9": b"POST /query HTTP/0.9\r\nHost: a",
    "version 1.2": b"POST /query HTTP/1.2\r\nHost: a",
    "version 2.0": b"POST /query HTTP/2.0\r\nHost: a",
    "a small version": b"POST /query http/1.1\r\nHost: a",
    "a version with a space": b"POST /query HTTP/1.1 \r\nHost: a",
    "two spaces": b"POST  /query HTTP/1.1\r\nHost: a",
    "two spaces behind the path": b"POST /query  HTTP/1.1\r\nHost: a",
    "tabs": b"POST\t/query\tHTTP/1.1\r\nHost: a",
    "a space before the method": b" POST /query HTTP/1.1\r\nHost: a",
    "a space in the path": b"POST /que ry HTTP/1.1\r\nHost: a",
    "NUL in the path": b"POST /query\0 HTTP/1.1\r\nHost: a",
    "a bare CR in the path": b"POST /query\r HTTP/1.1\r\nHost: a",
    "a bare LF in the path": b"POST /query\n HTTP/1.1\r\nHost: a",
    "a bare LF behind the line": b"POST /query HTTP/1.1\nHost: a",
    "bytes beyond ASCII in the path": b"POST /query\xc3\xa9 HTTP/1.1\r\nHost: a",
    "a colon in the method": b"PO:ST /query HTTP/1.1\r\nHost: a",
    "NUL in the method": b"PO\0ST /query HTTP/1.1\r\nHost: a",
    "no method": b"/query HTTP/1.1\r\nHost: a",
    "a folded line": b"POST /query HTTP/1.1\r\n HTTP/1.1\r\nHost: a",
    "no Host": b"POST /query HTTP/1.1\r\nX: a",
    "two Hosts": b"POST /query HTTP/1.1\r\nHost: a\r\nHost: b",
    "the same Host twice": b"POST /query HTTP/1.1\r\nHost: a\r\nHost: a",
    "a space behind Host": b"POST /query HTTP/1.1\r\nHost : a",
    "a Host with a space": b"POST /query HTTP/1.1\r\nHost: a b",
    "a Host with a path": b"POST /query HTTP/1.1\r\nHost: a/b",
    "a Host with a user": b"POST /query HTTP/1.1\r\nHost: a@b",
    "a folded value": b"POST /query HTTP/1.1\r\nHost: a\r\nX: y\r\n z",
    "a value folded by a tab": b"POST /query HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz",
    "a header that is folded first": b"POST /query HTTP/1.1\r\n X: y\r\nHost: a",
    "NUL in a value": b"POST /query HTTP/1.1\r\nHost: a\r\nX: y\0z",
    "an escape in a value": b"POST /query HTTP/1.1\r\nHost: a\r\nX: y\x1bz",
    "DEL in a value": b"POST /query HTTP/1.1\r\nHost: a\r\nX: y\x7fz",
    "a bare LF in a value": b"POST /query HTTP/1.1\r\nHost: a\r\nX: y\nZ: z",
    "a header without a colon": b"POST /query HTTP/1.1\r\nHost: a\r\nX",
    "a header beyond 16 kB": b"POST /query HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000,
    "headers beyond 16 kB": b"POST /query HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 3000 + b"X: y",
    "a head whose end stands at the limit": b"POST /query HTTP/1.1\r\nHost: a\r\nX : " + b"y" * 16_349,
    "a request line beyond 16 kB": b"POST /" + b"q" * 20_000 + b" HTTP/1.1\r\nHost: a",
    "a URL beyond 64 kB": b"POST /" + b"q" * 70_000 + b" HTTP/1.1\r\nHost: a",
    "an unknown expectation": b"POST /query HTTP/1.1\r\nHost: a\r\nExpect: tea",
}

FORBIDDEN: dict[str, bytes] = {
    **{f"length: {what}": _post(name + SIZE) for what, name in _NAMES.items()},
    **{f"length: {what}": _post(b"Content-Length: " + value) for what, value in _LENGTHS.items()},
    **{f"coding: {what}": _post(line, body=_CHUNKS) for what, line in _CODINGS.items()},
    **{f"size of a chunk: {what}": _chunk(size) for what, size in _SIZES.items()},
    **{f"head: {what}": head + b"\r\n" + _LENGTH + b"\r\n\r\n" + BODY for what, head in _LINES.items()},
    "two equal lengths": _post(_LENGTH, _LENGTH),
    "two lengths": _post(_LENGTH, b"Content-Length: 0"),
    "two lengths, the first 0": _post(b"Content-Length: 0", _LENGTH),
    "a length and a coding": _post(_LENGTH, b"Transfer-Encoding: chunked", body=_CHUNKS),
    "a coding and a length": _chunked(_CHUNKS, b"Content-Length: 0"),
    "a coding in HTTP/1.0": _post(b"Transfer-Encoding: chunked", body=_CHUNKS, version=b"HTTP/1.0"),
    "a coding in HTTP/1.0 that is kept": _post(
        b"Transfer-Encoding: chunked", b"Connection: keep-alive", body=_CHUNKS, version=b"HTTP/1.0"
    ),
    "a chunk ended by two other bytes": _chunked(b"18\r\n" + BODY + b"XX0\r\n\r\n"),
    "a chunk ended by LF LF": _chunked(b"18\r\n" + BODY + b"\n\n0\r\n\r\n"),
    "a chunk ended by LF": _chunked(b"18\r\n" + BODY + b"\n0\r\n\r\n"),
    "a chunk longer than its size": _chunked(b"17\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunks ended by LF alone": _chunked(b"18\n" + BODY + b"\n0\n\n"),
    "an end with a trailer": _chunked(b"18\r\n" + BODY + b"\r\n0\r\nX: y\r\n\r\n"),
    "an end with a trailer of LF": _chunked(b"18\r\n" + BODY + b"\r\n0\r\nX: y\n\r\n\r\n"),
    "an end of LF": _chunked(b"18\r\n" + BODY + b"\r\n0\r\n\n"),
    "an end of 0x0": _chunked(b"18\r\n" + BODY + b"\r\n0x0\r\n\r\n"),
    "a coding of a GET, no chunks": b"GET /health/live HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "empty lines of LF before it": b"\n\n" + _post(_LENGTH),
}


@dataclass(frozen=True)
class Seen:
    """What came back for one text: the statuses, and whether the connection was closed in SECONDS."""

    statuses: tuple[int, ...]
    is_closed: bool


def hidden(name: str) -> bytes:
    """The request behind a text, which stores a metric of this name and asks to close."""
    body = json.dumps({"name": name, "value": 1}).encode()
    head = b"POST /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    return head + body


def send(host: str, port: int, text: bytes, name: str) -> Seen:
    """Send a text and what is hidden behind it at once, and read until the end."""
    answer = b""
    with socket.create_connection((host, port), timeout=SECONDS) as connection:
        try:
            connection.sendall(text + hidden(name))
            while data := connection.recv(65_536):
                answer += data
        except TimeoutError:
            return Seen(_statuses(answer), is_closed=False)
        except ConnectionError:  # closed before all of it was read
            pass
    return Seen(_statuses(answer), is_closed=True)


def _statuses(answer: bytes) -> tuple[int, ...]:
    return tuple(int(status) for status in _STATUS.findall(answer) if status != b"100")


def smuggled(server: Server, texts: Collection[str]) -> tuple[dict[str, Seen], set[str]]:
    """What came back for each text of ALLOWED and FORBIDDEN, and those behind which the hidden request was run."""
    names = {what: f"smuggled.{number}" for number, what in enumerate(texts)}

    def try_one(what: str) -> Seen:
        return send(server.host, server.process.port, (ALLOWED | FORBIDDEN)[what], names[what])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = dict(zip(texts, pool.map(try_one, texts), strict=True))
    client = Client(server)
    page = client.send("GET", "/metrics?limit=1000", headers={"Cache-Control": "no-cache"}).json
    client.close()
    stored = {metric["name"] for metric in page["data"]}
    return seen, {what for what, name in names.items() if name in stored}


def wrong(seen: Mapping[str, Seen]) -> list[str]:
    """The forbidden texts that were not 4xx once, and the end of their connection."""
    return [
        f"{what}: {each}"
        for what, each in seen.items()
        if not each.is_closed or len(each.statuses) > 1 or any(not 400 <= status < 500 for status in each.statuses)
    ]


def run(count: int) -> Outcome:
    """The battery so many times; and once against Sanic's own reader, which it must catch."""
    faults: list[str] = []
    with Ground() as ground:
        lenient = ground.serve(module="tools.attacks.lenient", API_KEYS="", APP_ENV="lenient")
        _, fooled = smuggled(lenient, FORBIDDEN)
        if not fooled:
            faults.append("the battery does not catch Sanic's own reader")
        for number in range(count):
            server = ground.serve(API_KEYS="", APP_ENV=f"framing-{number}")
            seen, ran = smuggled(server, FORBIDDEN)
            faults += [f"smuggled: {what}" for what in sorted(ran)] + wrong(seen)
            answered, ran = smuggled(server, ALLOWED)
            faults += [f"refused: {what}: {answered[what]}" for what in ALLOWED if what not in ran]
    told = f"{len(FORBIDDEN)} forbidden, {len(ALLOWED)} allowed; Sanic's own reader is fooled by {len(fooled)}"
    return Outcome(count * (len(FORBIDDEN) + len(ALLOWED)), faults, 0, told)


ROW = Row("framing", "raw HTTP that may be read in two ways", "0 requests smuggled", "times", 1, 20, run)
