"""How a prompt that is being typed in a shell may go on, as the server knows; nothing while it is away."""

import re

import typer

TIMEOUT_SECONDS = 1.0

# A shell may read the rest of a line again when it is entered: what it would not take as it stands is not proposed.
_PLAIN = re.compile(r"[\w .:/%@+=,-]+")


def prompts(context: typer.Context, incomplete: str) -> list[str]:
    """Each way to go on, from where the word that is being typed begins; a word may be a prompt in quotes."""
    from telemetry_server.client import Client, TelemetryError

    before = "".join(f"{word} " for word in context.params.get("words") or ())
    url, key = context.params.get("url"), context.params.get("key")
    try:
        with Client(url, key, timeout_seconds=TIMEOUT_SECONDS, retries=0) as client:
            found = client.complete(before + incomplete, tz=context.params.get("tz"))
    except (TelemetryError, ValueError):
        return []
    texts = [each.text.removeprefix(before) for each in found if each.text.startswith(before)]
    return [text for text in texts if _PLAIN.fullmatch(text)]
