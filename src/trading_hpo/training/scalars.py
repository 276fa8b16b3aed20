"""A trial's numbers by epoch, as TensorBoard reads them."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

FLUSH_S = 10  # what a killed process may lose


class Scalars:
    """Writes numbers as far as it goes: a full disk ends the writing, not the trial."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, step: int, numbers: Mapping[str, float | None]) -> None:
        """Write the numbers of an epoch; those that do not exist are left out."""
        try:
            for name, value in numbers.items():
                if value is not None and self._writer is not None:
                    self._writer.add_scalar(name, value, step)
        except OSError as error:
            logger.warning("TensorBoard's files cannot be written: %s. The trial goes on without them.", error)
            self._writer = None


@contextmanager
def scalars_in(folder: Path | None, about: Mapping[str, Any]) -> Iterator[Scalars | None]:
    """Write event files into a folder, emptied before: a trial that runs again begins anew.

    Args:
        folder: Of the trial; none writes nothing.
        about: The trial's parameters, shown as text.
    """
    if folder is None:
        yield None
        return
    from torch.utils.tensorboard.writer import SummaryWriter  # a second that only those pay who ask for it

    shutil.rmtree(folder, ignore_errors=True)
    with SummaryWriter(str(folder), flush_secs=FLUSH_S) as writer:
        lines = "\n".join(f"    {name}: {value}" for name, value in about.items())
        writer.add_text("parameters", lines)
        yield Scalars(writer)
