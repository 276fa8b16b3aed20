"""Where the sockets lie by which workers are started: in a folder that names its process and goes after a kill, too."""

import multiprocessing
import os
import re
import shutil
import tempfile
from contextlib import suppress
from multiprocessing import util
from pathlib import Path
from typing import Any

from trading_hpo.whole_files import in_use

_PREFIX = "trading-hpo-"
_LONGEST_FOLDER = 55  # bytes: with ours and multiprocessing's name a socket's path stays within 103, what macOS takes


def use_own_folder() -> None:
    """Let this process keep its sockets in a folder of its own, and remove those that killed ones have left.

    multiprocessing has no public name for it; without one it makes ``pymp-...``, which says nothing about its owner.
    """
    current: Any = multiprocessing.current_process()
    if current._config.get("tempdir") is not None:
        return
    temporary = tempfile.gettempdir()
    if len(os.fsencode(temporary)) > _LONGEST_FOLDER:  # as in a job's own folder on a cluster
        temporary = "/tmp"
    for folder in Path(temporary).glob(f"{_PREFIX}*"):
        found = re.match(rf"{_PREFIX}(\d+)-", folder.name)
        with suppress(FileNotFoundError):  # another process does the same
            if found and folder.stat().st_uid == os.getuid() and not in_use(folder, int(found.group(1))):
                shutil.rmtree(folder)
    current._config["tempdir"] = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=temporary)
    util.Finalize(None, shutil.rmtree, args=(current._config["tempdir"],), exitpriority=-100)
