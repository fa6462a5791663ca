"""Ids of what may be sent again."""

import hashlib


def identity(*parts: str) -> str:
    """The id, 24 hex digits, of what these texts name together."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()
