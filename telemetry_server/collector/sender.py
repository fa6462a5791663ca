"""Batches over HTTP, with the standard library alone."""

import http.client
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

PATH = "/v1/metrics"
MAX_RESPONSE_BYTES = 1 << 20

Metric = dict[str, Any]
"""One metric in its wire form, as POST takes it."""


def metric_id(epoch_seconds: int, rest: bytes) -> str:
    """24 hex digits that begin with the time, as the store's own ids do: close in time, close in the index.

    `rest` is 8 bytes: random ones, or a hash of what the metric is.
    """
    return f"{epoch_seconds:08x}{rest.hex()}"


class Away(Exception):  # noqa: N818
    """The server did not take the batch, or its answer was lost: the same batch may be sent again."""


class Busy(Away):
    """The server is there, and does not take the batch now."""


class Rejected(Exception):  # noqa: N818
    """The server refused the batch: sending it again would not help. `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status


class Sender:
    """One keep-alive connection to one server, for one thread.

    Raises ValueError for a URL or key that cannot be.
    """

    def __init__(self, url: str, key: str | None = None, *, timeout_seconds: float = 5.0) -> None:
        parts = _split(url)
        if key is not None and not (key.isascii() and key.isprintable() and key.strip()):
            raise ValueError("the key must be printable ASCII")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout_seconds)
        self._path = parts.path.rstrip("/") + PATH
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def send(self, metrics: list[Metric]) -> None:
        """Store one batch; its metrics carry ids, so that one sent twice is stored once.

        Raises Away and Rejected.
        """
        body = msgspec.json.encode({"metrics": metrics})
        was_open = self._connection.sock is not None
        try:
            status, answer = self._post(body)
        except Away:
            if not was_open:
                raise
            status, answer = self._post(body)  # the server may have closed a connection that had been idle
        if status in {408, 429} or status >= 500:
            raise Busy(f"the server answered {status}")
        if not 200 <= status < 300:
            raise Rejected(status, _message(answer))

    def _post(self, body: bytes) -> tuple[int, bytes]:
        try:
            self._connection.request("POST", self._path, body, self._headers)
            response = self._connection.getresponse()
            answer = response.read(MAX_RESPONSE_BYTES)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            self._connection.close()
            raise Away(str(error) or type(error).__name__) from error
        except BaseException:
            self._connection.close()  # stopped in the middle
            raise
        if not response.isclosed():  # an answer longer than any of ours
            self._connection.close()
        return response.status, answer

    def close(self) -> None:
        self._connection.close()


def _split(url: str) -> SplitResult:
    """The parts of a server's address; ValueError, in words that show no password, where it is none."""
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("give the server's address alone, such as http://127.0.0.1:8080")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isascii():
        raise ValueError(f"{url!r} is no http:// or https:// address")
    if not url.isprintable() or " " in url:
        raise ValueError(f"{url!r} has characters that no address has")
    parts.hostname.encode("idna")  # a label that is empty or too long
    return parts


def _message(answer: bytes) -> str:
    """What the server said, on one line."""
    try:
        said = msgspec.json.decode(answer)
        first = (said.get("errors") or [{}])[0]
        text = " ".join(str(part) for part in (said["message"], first.get("pointer"), first.get("detail")) if part)
    except (msgspec.DecodeError, UnicodeError, AttributeError, KeyError, IndexError, TypeError):
        text = "and gave no reason"
    return "".join(char if char.isprintable() else " " for char in text)[:300]
