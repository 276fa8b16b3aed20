"""Tracking servers for tests: a real one, and ones that refuse, hang or fail."""

import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.makers.processes import end, wait_until


@contextmanager
def real_server(folder: Path, port: int) -> Iterator[str]:
    """MLflow's own server on 127.0.0.1, with its store and artefacts in ``folder``."""
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'server.db'}", "--serve-artifacts"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    log = (folder / "server.log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd=folder)
    try:

        def answers() -> bool:
            assert process.poll() is None, (folder / "server.log").read_text()
            return _answers(f"{uri}/health")

        wait_until(answers, f"{uri} does not answer")
        yield uri
    finally:
        end(process)
        log.close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def failing_server(port: int) -> Iterator[str]:
    """Answers 500 to everything."""

    class Fails(BaseHTTPRequestHandler):
        def _fail(self) -> None:
            self.send_error(500)

        do_GET = do_POST = do_PATCH = do_PUT = _fail  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Fails)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def hanging_server(port: int) -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(64)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def refusing_server(port: int) -> Iterator[str]:
    """Nobody listens."""
    yield f"http://127.0.0.1:{port}"
