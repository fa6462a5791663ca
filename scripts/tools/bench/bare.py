"""The least that Sanic does for a request: `python -m bare <file> <port> <workers>`."""

import sys
from pathlib import Path

from sanic import HTTPResponse, Request, Sanic

BODY = Path(sys.argv[1]).read_bytes()
app = Sanic("bare", configure_logging=False)


@app.get("/")
async def answer(_: Request) -> HTTPResponse:
    """The file."""
    return HTTPResponse(BODY, content_type="application/json")


if __name__ == "__main__":
    Sanic.start_method = "fork"
    app.prepare(host="127.0.0.1", port=int(sys.argv[2]), workers=int(sys.argv[3]), motd=False, access_log=False)
    Sanic.serve(primary=app)
