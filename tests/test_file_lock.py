"""Locks of files and folders: one holder, nothing left, also after a kill."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.makers.processes import wait_until

from trading_hpo.file_lock import BRIEFLY_S, holders, identity, locked, locked_folder

HOLD = """
import sys, time
from pathlib import Path
from trading_hpo.file_lock import locked, locked_folder
path = Path(sys.argv[2])
with locked(path) if sys.argv[1] == "file" else locked_folder(path, shared=sys.argv[1] == "shared"):
    print("held", flush=True)
    time.sleep(600)
"""


def open_in_this_process(path: Path) -> int:
    """How often a file or folder is open here: of whoever waits for its lock, too."""
    numbers = [int(opened.name) for opened in Path("/dev/fd").iterdir()]
    return sum(identity_of(number) == identity(path) for number in numbers)


def identity_of(number: int) -> tuple[int, int] | None:
    try:
        return identity(number)
    except OSError:  # the one that the numbers were listed through
        return None


@pytest.fixture
def hold(start):
    """Hold a file or folder in a process of its own; returns once it is held."""

    def begin(how: str, path: Path) -> subprocess.Popen[str]:
        process = start([sys.executable, "-c", HOLD, how, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    return begin


def test_a_file_is_made_for_its_lock_and_goes_with_it(tmp_path):
    with locked(tmp_path / "new" / "a.lock") as file:
        file.write("1")
        with pytest.raises(BlockingIOError), locked(tmp_path / "new" / "a.lock", wait=False):
            pass
        assert (tmp_path / "new" / "a.lock").exists()
    assert list((tmp_path / "new").iterdir()) == []


def test_a_lock_whose_holder_was_killed_is_free_and_its_file_goes_with_the_next_one(tmp_path, hold):
    path = tmp_path / "a.lock"
    process = hold("file", path)
    with pytest.raises(BlockingIOError), locked(path, wait=False):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert path.exists()
    with locked(path, wait=False):
        pass
    assert not path.exists()


def test_whoever_waits_for_a_file_that_is_removed_meanwhile_holds_the_new_one_alone(tmp_path):
    path, held, entered, done = tmp_path / "a.lock", threading.Event(), [], threading.Event()

    def wait() -> None:
        with locked(path):
            entered.append(path.exists())
            held.set()
            done.wait(60)

    waiting = threading.Thread(target=wait)
    with locked(path):
        waiting.start()
        wait_until(lambda: open_in_this_process(path) == 2, timeout_s=10)  # ours, and that of whoever waits
    # The file that both had open is gone, and with it a lock on it would lock no process out.
    assert held.wait(60)
    with pytest.raises(BlockingIOError), locked(path, wait=False):
        pass
    done.set()
    waiting.join(60)
    assert entered == [True]
    assert not path.exists()


def test_a_lock_that_is_held_for_a_moment_is_got_without_waiting_for_it(tmp_path):
    """As whoever clears up what killed runs have left holds it."""
    path, held, free = tmp_path / "a.lock", threading.Event(), threading.Event()

    def hold_briefly() -> None:
        with locked(path):
            held.set()
            free.wait(BRIEFLY_S / 4)

    other = threading.Thread(target=hold_briefly)
    other.start()
    assert held.wait(60)
    with locked(path, wait=False):
        pass
    other.join(60)


def test_a_folder_is_shared_by_many_or_held_by_one_and_says_by_whom(tmp_path, hold):
    one, two = hold("shared", tmp_path), hold("shared", tmp_path)
    with pytest.raises(BlockingIOError), locked_folder(tmp_path, wait=False):
        pass
    if sys.platform == "linux":
        assert holders(tmp_path) == sorted([one.pid, two.pid])
    for process in (one, two):
        process.kill()
        process.wait()
    wait_until(lambda: holders(tmp_path) == [], timeout_s=10)
    with locked_folder(tmp_path, wait=False):
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_removed_while_somebody_waited_is_made_anew(tmp_path):
    folder, order = tmp_path / "a", []

    def second() -> None:
        with locked_folder(folder):
            order.append(folder.exists())

    thread = threading.Thread(target=second)
    with locked_folder(folder):
        thread.start()
        wait_until(lambda: open_in_this_process(folder) == 2, timeout_s=10)
        folder.rmdir()
    thread.join(60)
    assert order == [True]
