"""A trial's numbers by epoch, as TensorBoard reads them."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trading_hpo.escaping import one_line

logger = logging.getLogger(__name__)

FLUSH_S = 10  # what a killed process may lose


class Scalars:
    """Writes numbers as far as it goes: a full disk ends the writing, not the trial.

    Args:
        folder: For the event files.
        about: The trial's parameters, shown as text.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        self._writer: Any = None
        with self._as_far_as_it_goes():
            from torch.utils.tensorboard.writer import SummaryWriter  # a second that only those pay who ask for it

            self._writer = SummaryWriter(str(folder), flush_secs=FLUSH_S)
            self._writer.add_text(  # Markdown: four spaces make it plain
                "parameters", "\n".join(f"    {one_line(f'{name}: {value}')}" for name, value in about.items())
            )

    def write(self, step: int, numbers: Mapping[str, float | None]) -> None:
        """Write the numbers of an epoch; those that do not exist are left out."""
        with self._as_far_as_it_goes():
            for name, value in numbers.items():
                if value is not None and self._writer is not None:
                    self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what is still to be written."""
        with self._as_far_as_it_goes():
            if self._writer is not None:
                self._writer.close()

    @contextmanager
    def _as_far_as_it_goes(self) -> Iterator[None]:
        try:
            yield
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
    shutil.rmtree(folder, ignore_errors=True)
    scalars = Scalars(folder, about)
    try:
        yield scalars
    finally:
        scalars.close()
