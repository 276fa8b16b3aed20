"""Pages for a browser on this machine, which answer to no other name than its own.

A page somewhere else can let its own name point to 127.0.0.1 (DNS rebinding); for the browser the server here is then a
part of that page, which reads and changes what it likes. The name is in the header Host of each request, and what sent
a form or a script is in the header Origin: both must be this machine.
"""

import argparse
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from optuna.storages import BaseStorage

HERE = "127.0.0.1"
REFUSED = b"This page answers 127.0.0.1 and localhost only."
_LOCAL = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
_PLAIN = "text/plain; charset=utf-8"

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
ASGIApplication = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]


def is_local(host: str, origin: str) -> bool:
    """Whether a request is meant for this machine, and comes from a page of the same server if it comes from one.

    Args:
        host: The header Host.
        origin: The header Origin; empty without one.

    Example:
        >>> is_local("127.0.0.1:8080", "http://127.0.0.1:8080"), is_local("127.0.0.1:8080", "")
        (True, True)
        >>> is_local("rebound.example:8080", ""), is_local("127.0.0.1:8080", "https://elsewhere.example")
        (False, False)
    """
    return _LOCAL.fullmatch(host) is not None and origin.lower() in ("", f"http://{host}".lower())


class LocalWSGI:
    """A WSGI application that refuses what is not for this machine.

    Args:
        app: Answers the rest.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        if is_local(environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN", "")):
            return self._app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", _PLAIN)])
        return [REFUSED]


class LocalASGI:
    """An ASGI application that refuses what is not for this machine.

    Args:
        app: Answers the rest.
    """

    def __init__(self, app: ASGIApplication) -> None:
        self._app = app

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request; a connection that is no request (a web socket) is refused likewise."""
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", [])}
        is_start = scope["type"] == "lifespan"
        if is_start or is_local(headers.get(b"host", ""), headers.get(b"origin", "")):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            kind = [(b"content-type", _PLAIN.encode())]
            await send({"type": "http.response.start", "status": 403, "headers": kind})
            await send({"type": "http.response.body", "body": REFUSED})


def serve_dashboard(storage: "BaseStorage", port: int) -> None:
    """Serve the Optuna dashboard until Ctrl-C."""
    import bottle
    from optuna_dashboard import wsgi

    bottle.run(LocalWSGI(wsgi(storage)), host=HERE, port=port)


def serve_kedro_viz(project: Path, port: int) -> None:
    """Serve Kedro-Viz until Ctrl-C; its own command does not look at Host and Origin."""
    import uvicorn
    from kedro.framework.startup import bootstrap_project
    from kedro_viz.api.apps import create_api_app_from_project
    from kedro_viz.server import load_and_populate_data

    from trading_hpo.commands.run import quieten

    quieten()
    load_and_populate_data(project, package_name=bootstrap_project(project).package_name)
    # With the datasets between them, the stages would be too small to read.
    print(f"http://{HERE}:{port}/?types=task shows the five stages; Ctrl-C ends it", flush=True)
    uvicorn.run(LocalASGI(create_api_app_from_project(project)), host=HERE, port=port, log_config=None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m trading_hpo.commands.pages", description=serve_kedro_viz.__doc__)
    parser.add_argument("--port", type=int, default=4141)
    serve_kedro_viz(Path.cwd(), parser.parse_args().port)
