"""A relay between a client and a server that loses answers on their way back."""

import contextlib
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def losing_answers(port: int, count: int) -> Iterator[str]:
    """The address of a relay to a local port: the first `count` requests arrive, and their answers never do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_relay, args=(listener, port, count), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _relay(listener: socket.socket, port: int, count: int) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        with caller, socket.create_connection(("127.0.0.1", port)) as server:
            server.settimeout(10)
            server.sendall(_request(caller))
            answer = server.recv(1 << 16)
            if count:
                count -= 1
            else:
                caller.sendall(answer)


def _request(caller: socket.socket) -> bytes:
    """One request with its body; the connection is asked to be closed after it."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += caller.recv(1 << 16)
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0].partition(b":")[2]):
        body += caller.recv(1 << 16)
    return head.replace(b"Connection: keep-alive", b"Connection: close") + b"\r\n\r\n" + body
