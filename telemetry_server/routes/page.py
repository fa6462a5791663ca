"""Page: three files of this package that a browser shows, and that send to this server alone."""

from importlib import resources
from typing import Final

from marshmallow import fields, validate
from sanic import HTTPResponse
from sanic.response import raw

from telemetry_server.errors import NotFound

HTML: Final = "page.html"
CONTENT_TYPES: Final = {
    HTML: "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
FILE: Final = fields.String(validate=validate.OneOf(list(CONTENT_TYPES)))
GIVES: Final = {"text/html": str, "text/css": str, "text/javascript": str}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src {pictures}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Page:
    """package, folder: where the files are; pictures: whence the policy of contents lets them come."""

    def __init__(self, package: str, folder: str, *, pictures: str = "data:") -> None:
        self._files = {name: (resources.files(package) / folder / name).read_bytes() for name in CONTENT_TYPES}
        self._headers = {
            "Content-Security-Policy": _POLICY.format(pictures=pictures),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cache-Control": "no-cache",
        }

    def file(self, name: str) -> HTTPResponse:
        """Raises NotFound."""
        if name not in self._files:
            raise NotFound("The page has no such file.")
        return raw(self._files[name], headers=dict(self._headers), content_type=CONTENT_TYPES[name])
