"""Which form of an answer a client wants, by its Accept header (RFC 9110, 12.5.1)."""

from collections.abc import Mapping
from typing import TypeVar

Form = TypeVar("Form")


def preferred(accept: str, forms: Mapping[str, Form], default: Form) -> Form:
    """The form (by media type, without parameters) that is wanted most; of equals the one that is named first.

    `*/*` names the default, which also serves a client that names nothing that there is.
    """
    weights: dict[Form, float] = {}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        if name in forms or name == "*/*":
            form = forms.get(name, default)
            quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
            weights[form] = max(weights.get(form, 0.0), _number(quality))
    wanted = max(weights, key=lambda form: weights[form], default=default)
    return wanted if weights.get(wanted, 0.0) > 0 else default


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
