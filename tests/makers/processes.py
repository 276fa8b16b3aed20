"""Processes and ports of a test: they end with it, and no two tests that run side by side share one."""

import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil

BELOW_THE_SYSTEMS_OWN = 32_000  # above, the kernel gives ports to outgoing connections
AT_MOST = 8  # workers of pytest


def wait_until(condition: Callable[[], bool], why: str = "it never came true", timeout_s: float = 300) -> None:
    """Poll a condition; the time is there for a test that would wait for ever, not for a slow machine."""
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, why
        time.sleep(0.02)


def free_port() -> int:
    """A port that is free, and that no other worker of pytest will choose."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % AT_MOST
    for number in random.sample(range(20_000 + worker, BELOW_THE_SYSTEMS_OWN, AT_MOST), 100):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", number))
            return number
    raise AssertionError("no port is free")


def alive_in(session: int) -> list[psutil.Process]:
    """Processes of a session that are still alive."""
    alive = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
    return alive


def end(process: subprocess.Popen[Any]) -> None:
    """Kill a process that leads a session, with all that it has started there, and wait until it has ended."""

    def ended() -> bool:
        for one in alive_in(process.pid):
            with suppress(psutil.Error):
                one.kill()
        return process.poll() is not None and not alive_in(process.pid)

    wait_until(ended, "what a process had started outlived it", 60)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


@contextmanager
def processes() -> Iterator[list[subprocess.Popen[Any]]]:
    """A list for processes that lead sessions of their own; at the end all of them have ended."""
    started: list[subprocess.Popen[Any]] = []
    try:
        yield started
    finally:
        for process in started:
            end(process)
