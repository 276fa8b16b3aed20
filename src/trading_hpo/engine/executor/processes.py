"""Candidates run by processes of this machine, forked from a server process that has imported what they need once."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.reduction import ForkingPickler
from typing import Literal

from trading_hpo.engine.candidate import Candidate, MakeEvaluator
from trading_hpo.engine.executor.executor import (
    Asked,
    CannotBegin,
    Event,
    Lost,
    OfCandidate,
    Planned,
    Reported,
)
from trading_hpo.engine.executor.heartbeat import AwakeClock, Pulse, Silence
from trading_hpo.engine.executor.sockets import use_own_folder
from trading_hpo.engine.executor.worker import Pipe, work
from trading_hpo.errors import TradingHpoError

_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# oneDNN keeps compiled kernels, 1024 of them by default. Every width that a trial brings needs its own: a worker
# would grow with each trial. A trial of a few layers and folds uses some dozens.
_FEW_KERNELS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}


_SERVER_DIED = 255  # exit code of workers whose fork server died: nothing is known of them
_START_ATTEMPTS, _START_PAUSE_S = 4, 0.5  # a process that was killed has not ended at once


class WorkerStartError(TradingHpoError):
    """No worker can be started."""


@dataclass(eq=False)
class Worker:
    """One process, the pipe to it, and how long it has said nothing; ready once it has said that it can train.

    Attributes:
        slots: That it evaluates; it is free without any.
        planned: Whether it has said what its candidate takes at most, of which it then counts how far it is.
    """

    process: ForkServerProcess
    pipe: Pipe
    pulse: Pulse
    silence: Silence
    slots: list[int] = field(default_factory=list)
    ready: bool = False
    planned: bool = False

    def how_it_died(self) -> str:
        """Return what ended the process, in words."""
        self.process.join(timeout=5)
        code = self.process.exitcode
        if code is not None and code < 0:
            # So the kernel ends a process when memory runs out; only its own log says so.
            return f"killed by signal {-code}{' (out of memory?)' if -code == signal.SIGKILL else ''}"
        return f"ended with code {code}"

    def kill(self) -> None:
        """End the process at once."""
        # It may live, and `kill` would do nothing.
        if self.process.exitcode == _SERVER_DIED and self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join(timeout=5)
        self.pipe.close()


def default_workers() -> int:
    """Return one worker per core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ProcessExecutor:
    """Persistent worker processes with one thread each.

    Args:
        make: Makes what evaluates candidates, in each worker.
        workers: How many at once; ``auto`` is one per core.
        silence_s: A worker without a sign of life for so long is taken for hung.
        preload: Modules that workers are forked with; the first executor of a process decides.
    """

    def __init__(
        self, make: MakeEvaluator, workers: int | Literal["auto"], silence_s: float, preload: Sequence[str] = ()
    ) -> None:
        self._task, self._silence_s, self._preload = bytes(ForkingPickler.dumps(make)), silence_s, tuple(preload)
        self._workers = workers
        self._busy: list[Worker] = []
        self._idle: list[Worker] = []
        self._hung: list[Worker] = []
        self._clock = AwakeClock()

    @property
    def n_free(self) -> int:
        """How many batches it can begin now."""
        return (default_workers() if self._workers == "auto" else self._workers) - len(self._busy)

    def submit(self, batch: Sequence[Candidate]) -> None:
        """Begin candidates in a free worker, or in a new one."""
        worker = self._idle.pop() if self._idle else self._start_worker()
        worker.slots = [candidate.slot for candidate in batch]
        self._busy.append(worker)
        worker.silence.reset(self._clock.now())
        _send(worker, list(batch))

    def poll(self, timeout_s: float) -> list[Event]:
        """Return what the workers have said. EOF: a worker died. Timeout: it hangs."""
        ready = connection.wait([worker.pipe for worker in [*self._busy, *self._hung]], timeout=timeout_s)
        # Counted before the messages are taken: a worker that waits for an answer has counted up to its report.
        events: list[Event] = [Asked(worker.slots[0], worker.pulse.asked) for worker in self._busy if worker.planned]
        for worker in [worker for worker in self._busy if worker.pipe in ready]:
            try:
                event: OfCandidate | CannotBegin | str | None = worker.pipe.recv()
            except (EOFError, ConnectionError):
                events.append(self._remove_dead(worker))
            else:
                worker.silence.reset(self._clock.now())
                if isinstance(event, str):
                    events.append(self._remove_dead(worker, f"could not begin: {event}"))
                else:
                    events += self._received(worker, event, self._busy)
        for worker in [worker for worker in self._hung if worker.pipe in ready]:
            self._receive_late(worker)
        return events + self._set_silent_ones_aside()

    def answer(self, slot: int, prune: bool) -> None:
        """Answer a report."""
        for worker in self._busy:
            if slot in worker.slots:
                _send(worker, "prune" if prune else "go")

    def cancel(self) -> None:
        """Interrupt all candidates when they next ask."""
        for worker in self._busy:
            _send(worker, "stop")

    def close(self) -> None:
        """Kill all workers."""
        for worker in [*self._busy, *self._idle, *self._hung]:
            worker.kill()
        self._busy.clear()
        self._idle.clear()
        self._hung.clear()

    def _received(
        self, worker: Worker, event: OfCandidate | CannotBegin | None, where: list[Worker]
    ) -> list[OfCandidate | CannotBegin]:
        """Take what a worker has said; it is free once all its slots have an end."""
        if event is None:
            worker.ready = True
            return []
        if isinstance(event, CannotBegin):
            return [event]
        worker.planned |= isinstance(event, Planned)
        if not isinstance(event, Planned | Reported):
            worker.planned = False
            worker.slots.remove(event.slot)
            if not worker.slots:
                where.remove(worker)
                self._idle.append(worker)
        return [event]

    def _remove_dead(self, worker: Worker, how: str | None = None) -> Lost:
        self._busy.remove(worker)
        how = how or worker.how_it_died()
        worker.kill()
        return Lost(tuple(worker.slots), how, worker.ready)

    def _set_silent_ones_aside(self) -> list[Event]:
        """Take back the slots of workers that have asked nothing for long; the processes may wake up yet."""
        now = self._clock.now()
        lost: list[Event] = []
        for worker in [worker for worker in self._busy if worker.silence.seconds(now) > self._silence_s]:
            self._busy.remove(worker)
            self._hung.append(worker)
            _send(worker, "stop")  # read when it wakes up, when it next asks
            lost.append(Lost(tuple(worker.slots), f"silent for {self._silence_s / 60:g} minutes", worker.ready))
        return lost

    def _receive_late(self, worker: Worker) -> None:
        """Use a worker again that was taken for hung; its slots are no longer its own, so what it says is refused."""
        try:
            event: OfCandidate | CannotBegin | str | None = worker.pipe.recv()
        except (EOFError, ConnectionError):
            self._remove_hung(worker)
        else:
            if isinstance(event, str):
                self._remove_hung(worker)
            else:
                self._received(worker, event, self._hung)

    def _remove_hung(self, worker: Worker) -> None:
        self._hung.remove(worker)
        worker.kill()

    def _start_worker(self) -> Worker:
        for _ in range(_START_ATTEMPTS):
            # Anew each time: a worker whose start was not acknowledged sees the end of its pipe, and ends.
            try:
                return self._start_once()
            except (EOFError, ConnectionError, FileNotFoundError) as error:
                failure: Exception = error  # the fork server died; the next start finds that, and starts another
                time.sleep(_START_PAUSE_S)
        raise WorkerStartError(
            f"A worker must start, and {_START_ATTEMPTS} times the process that it is forked from has died "
            f"({type(failure).__name__}): memory has run out, or something kills it. Take fewer hpo.workers, then run "
            "again: nothing that was finished is lost."
        ) from failure

    def _start_once(self) -> Worker:
        context = _context(self._preload)
        ours, theirs = context.Pipe()
        pulse = context.RawValue(Pulse, 0.0, 0)
        try:
            with _lean_start(), _signals_blocked():
                process = context.Process(target=work, args=(theirs, pulse, self._task), daemon=True)
                process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return Worker(process, ours, pulse, Silence(pulse))


def preload(modules: Sequence[str]) -> None:
    """Begin to import what workers are forked with, in a process of its own, and do not wait for it.

    That takes seconds, in which the caller can do something else. A failure shows when the first worker starts.
    """
    _context(modules)
    with _lean_start(), _signals_blocked():
        forkserver.ensure_running()


def _send(worker: Worker, message: object) -> None:
    # A dead worker cannot take it; the next look at its pipe finds the end.
    with suppress(OSError):
        worker.pipe.send(message)


def _context(preload: Sequence[str]) -> ForkServerContext:
    use_own_folder()
    context = multiprocessing.get_context("forkserver")
    # Workers are forked from a server that has all of it loaded: a start takes milliseconds.
    context.set_forkserver_preload(["trading_hpo.engine.executor.worker", *preload])
    return context


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Start with Ctrl-C and SIGHUP blocked; the server process and its workers inherit that, even while they import."""
    resource_tracker.ensure_running()  # first: it unblocks Ctrl-C when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _lean_start() -> Iterator[None]:
    """Start with one thread per process and few cached kernels, without importing the caller's main module again.

    Two processes with torch's default threads are several times slower than two with one each, and the
    numbers must be set before torch is imported. The main module is the command line: no worker needs it.
    """
    main = sys.modules["__main__"]
    wanted = dict.fromkeys(_ONE_THREAD, "1") | _FEW_KERNELS
    kept = {name: os.environ.get(name) for name in wanted}
    hidden = {name: getattr(main, name, None) for name in ("__file__", "__spec__")}
    os.environ.update(wanted)
    main.__file__ = None
    main.__spec__ = None
    try:
        yield
    finally:
        main.__file__ = hidden["__file__"]
        main.__spec__ = hidden["__spec__"]
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
