"""Repeats, their spread, and how they are shown: as a table for people, as JSON with the machine for machines."""

import json
import math
import multiprocessing
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROWS = (
    "loop",
    "schedules",
    "boosting",
    "cpcv",
    "node",
    "workers",
    "memory",
    "panel",
    "engine",
    "peer",
    "pruning",
    "front",
    "search",
    "overfitting",
    "start",
    "run",
)
QUIET_CORES = 0.25  # of other work, below which the machine counts as ours
OTHERS = f"cores that other programs kept busy just before; above {QUIET_CORES} ratios of wall time are doubtful"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
OF_THE_USER = ("TRADING_HPO_", "MLFLOW_")

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One number with its limit, or without one; the median of the repeats is what is judged.

    Attributes:
        name: Row and case, such as ``loop.lstm``.
        compares: What is divided by what, or what is counted.
        values: One per repeat; infinite for what never came.
        unit: ``x`` for a ratio, ``%``, ``s``, ``MB``, ``GB``.
        limit: That the median must keep; none for a finding, which promises nothing.
        at_least: Whether the limit is a lower one.
        other_cores: Cores that other programs kept busy just before the repeats.
        digits: Shown after the point.
    """

    name: str
    compares: str
    values: Sequence[float]
    unit: str
    limit: float | None
    at_least: bool = False
    other_cores: Sequence[float] = ()
    digits: int = 2

    @property
    def holds(self) -> bool:
        """Whether the median keeps the limit, if there is one."""
        if self.limit is None:
            return True
        middle = median(self.values)
        return middle >= self.limit if self.at_least else middle <= self.limit

    def cells(self) -> list[str]:
        """Return the row's numbers as a person reads them."""
        middle = median(self.values)
        spread = [f"{value:.{self.digits}f}" for value in (min(self.values), middle, max(self.values))]
        busy = f"{median(self.other_cores):.1f}" if self.other_cores else "-"
        return [self.name, *spread, *self._verdict(), busy]

    def _verdict(self) -> tuple[str, str]:
        if self.limit is None:
            return "-", "-"
        return f"{'>=' if self.at_least else '<='} {self.limit:g} {self.unit}", "yes" if self.holds else "NO"

    def record(self) -> dict[str, Any]:
        """Return the row as plain data; JSON has no infinity, null stands for it."""
        spread = {"min": min(self.values), "median": median(self.values), "max": max(self.values)}
        known = {name: value if math.isfinite(value) else None for name, value in spread.items()}
        values = [value if math.isfinite(value) else None for value in self.values]
        return {**asdict(self), "values": values, **known, "holds": self.holds}


def fresh(function: Callable[..., T], *arguments: Any, one_thread: bool = True) -> T:
    """Call a function of this package in a new interpreter and return what it returns.

    It knows nothing of the servers and channels that the user's environment may name, and ends with this process.

    Args:
        function: Importable by its name.
        arguments: Of the function.
        one_thread: Otherwise it has as many as the libraries take by themselves.

    Raises:
        RuntimeError: The function raised; the child has printed its traceback.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    with _clean_environment(one_thread):
        child = context.Process(target=_answer, args=(sender, function, arguments))
        child.start()
    sender.close()
    try:
        result: T = receiver.recv()
    except EOFError:
        child.join()
        raise RuntimeError(f"{function.__name__} ended with code {child.exitcode}") from None
    child.join()
    return result


def _answer(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    def die_with_parent() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=die_with_parent, daemon=True).start()
    sender.send(function(*arguments))


@contextmanager
def _clean_environment(one_thread: bool) -> Iterator[None]:
    """Children inherit it; the number of threads must be set before they import torch."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(OF_THE_USER) or name in THREADS:
            del os.environ[name]
    if one_thread:
        os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def quiet(wait_s: float = 20.0) -> float:
    """Wait for other programs to rest, but not for ever; return how many cores they keep busy."""
    give_up = time.monotonic() + wait_s
    while (busy := _busy_cores()) > QUIET_CORES and time.monotonic() < give_up:
        pass
    return busy


def _busy_cores(seconds: float = 0.5) -> float:
    """Cores in use while this process sleeps."""
    before = busy_s()
    time.sleep(seconds)
    return (busy_s() - before) / seconds


def busy_s() -> float:
    """Seconds of all cores that were neither idle nor waiting for a disk."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def machine() -> dict[str, Any]:
    """Describe the machine: no names, no paths."""
    cpu = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    cpu = {name.strip(): value.strip() for name, value in cpu.items()}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": f"{cpu.get('model name', platform.machine())}, family {cpu.get('cpu family')} model {cpu.get('model')}",
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1024**3, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in ("torch", "numpy", "optuna", "kedro")},
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the table, and under it what each row compares."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("row", no_wrap=True)
    for heading in ("min", "median", "max", "limit", "holds", "others"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row.cells()), style="" if row.holds else "red")
    console.print(table)
    width = max(len(row.name) for row in rows)
    for name, told in [*((row.name, row.compares) for row in rows), ("others", OTHERS)]:
        console.print(Text(f"{name:<{width}}  {told}"), soft_wrap=True)


def save(rows: Sequence[Row], described: dict[str, Any], path: Path) -> None:
    """Write rows and machine, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps({"machine": described, "rows": [row.record() for row in rows]}, indent=2))
    draft.replace(path)
