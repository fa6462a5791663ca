"""Content codings, both ways: gzip, deflate, Brotli and Zstandard in; Brotli and gzip out."""

from types import ModuleType
from typing import Final

import cramjam

from telemetry_server.errors import Malformed, TooLarge, UnsupportedMedia

MIN_BYTES: Final = 1024  # of an answer; less is sent as it is
_ZSTD_LEVEL: Final = 3
_GZIP_LEVEL, _BROTLI_LEVEL = 1, 1  # most of what can be saved, for a tenth of the time of the default levels

_IN: Final[dict[str, ModuleType]] = {
    "gzip": cramjam.gzip,
    "x-gzip": cramjam.gzip,
    "deflate": cramjam.zlib,
    "br": cramjam.brotli,
    "zstd": cramjam.zstd,
}
_UNREADABLE: Final = "The body is not what its Content-Encoding says."


def expanded(raw: bytes, coding: str, max_bytes: int) -> bytes:
    """The body in plain, of a Content-Encoding. However much it would become, no more than `max_bytes` are kept.

    Raises UnsupportedMedia for an unknown coding or several, Malformed for what is damaged, TooLarge.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return raw
    codec = _IN.get(coding)
    if codec is None:
        accepted = ", ".join(_IN)
        raise UnsupportedMedia(f"Of Content-Encoding, one of {accepted}.", headers={"Accept-Encoding": accepted})
    buffer = bytearray(max_bytes)
    try:
        length = codec.decompress_into(raw, buffer)
    except cramjam.DecompressionError as error:
        if "whole buffer" in str(error):
            raise TooLarge(f"The body is larger than {max_bytes} bytes once it is expanded.") from None
        raise Malformed(_UNREADABLE) from None
    return bytes(memoryview(buffer)[:length])


def compressed(body: bytes, accept: str) -> tuple[bytes, str] | None:
    """The body and its coding, by an Accept-Encoding; None where it is to be sent as it is."""
    weights = _weights(accept)
    wanted = max(("br", "gzip"), key=lambda coding: weights.get(coding, weights.get("*", 0.0)))
    if weights.get(wanted, weights.get("*", 0.0)) <= 0 or len(body) < MIN_BYTES:
        return None
    if wanted == "br":
        return bytes(cramjam.brotli.compress(body, level=_BROTLI_LEVEL)), wanted
    return bytes(cramjam.gzip.compress(body, level=_GZIP_LEVEL)), wanted


def packed(raw: bytes) -> bytes:
    """As Zstandard, to be kept in a file; `expanded` is the way back."""
    return bytes(cramjam.zstd.compress(raw, level=_ZSTD_LEVEL))


def _weights(accept: str) -> dict[str, float]:
    """How much each coding is wanted (RFC 9110, 12.5.3); what cannot be read is not wanted."""
    weights = {}
    for item in accept.split(","):
        coding, _, rest = item.partition(";")
        name, _, number = rest.strip().partition("=")
        try:
            weights[coding.strip().lower()] = float(number) if name.strip().lower() == "q" else 1.0
        except ValueError:
            weights[coding.strip().lower()] = 0.0
    return weights
