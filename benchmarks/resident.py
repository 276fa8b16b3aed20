"""The memory of this process, as Linux counts it: what is its own, and what it shares."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Resident:
    """Pages in memory, by whom they belong to.

    Pages of mapped files (libraries, the panel) are the same for all processes and can be dropped at any time.
    Anonymous pages that a worker has inherited from the process it was forked from, and never written to, exist
    once for all workers. The rest is its own: what one more worker costs.

    Attributes:
        anonymous_mb: No file behind.
        file_mb: Mapped files.
        inherited_mb: Anonymous, and still shared with the process that this one was forked from.
        peak_mb: The most of anonymous and file together since the process began, or since ``forget_peak``.
    """

    anonymous_mb: float
    file_mb: float
    inherited_mb: float
    peak_mb: float

    @staticmethod
    def now() -> "Resident":
        """Read it; takes a few milliseconds."""
        status, rollup = _numbers("status"), _numbers("smaps_rollup")
        kb = status["RssAnon"], status["RssFile"], rollup["Shared_Dirty"], status["VmHWM"]
        return Resident(*(number / 1024 for number in kb))

    @staticmethod
    def forget_peak() -> None:
        """Begin the peak anew (proc(5): 5 resets the peak resident set size)."""
        Path("/proc/self/clear_refs").write_text("5")

    @property
    def own_mb(self) -> float:
        """What nobody else has."""
        return self.anonymous_mb - self.inherited_mb

    @property
    def peak_own_mb(self) -> float:
        """The most of it; too low only by library pages that were first needed between the peak and now."""
        return self.peak_mb - self.file_mb - self.inherited_mb


def _numbers(file: str) -> dict[str, int]:
    lines = [line.split() for line in Path(f"/proc/self/{file}").read_text().splitlines()]
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[-1] == "kB"}
