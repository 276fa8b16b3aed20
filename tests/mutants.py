"""Changes the code bit by bit and checks that the tests notice: `python tests/mutants.py splits/purging.py ...`.

Files, their tests and the changes that no test can notice are in tests/mutants.yml, each of these with its reason. The
command fails for any other change that the tests let pass, and for an entry that has become untrue. mutmut makes the
changes, in the bodies of functions, all of a file or those listed; those of the wording of a message are counted and
not asked for.

Each file is tried in a copy of the project, under build/mutants, anew each time: the tests may have changed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tests/mutants.yml"
BUILD = ROOT / "build/mutants"
PACKAGE = "src/trading_hpo"
COPIED = ("src", "tests", "conf", "benchmarks", "controls", "pyproject.toml", ".telemetry")
# What the tests draw is the same for all changes and all runs. A change that makes a loop endless is noticed after four
# times the time that its tests take, and twenty seconds, of a processor.
SETTINGS = """

[tool.mutmut]
source_paths = ["src"]
only_mutate = ["{package}/{file}"]
pytest_add_cli_args = ["--hypothesis-profile=mutants", "-p", "no:xdist"]
timeout_multiplier = 2.0
timeout_constant = 5.0
pytest_add_cli_args_test_selection = {tests}
also_copy = ["conf", "benchmarks", "controls", ".telemetry"]
"""
STOPPED = ("timeout", "segfault")  # by the limit of its time: SIGXCPU, or SIGKILL where Python was not there to take it
NOTICED = ("killed", "caught by type check", *STOPPED)
MESSAGE = re.compile(r"""(["'])[^"']* [^"']*\1""")  # a sentence; a word may be a key


@dataclass(frozen=True)
class Change:
    """What was changed in a function: the lines before and after, without indentation."""

    function: str
    before: str
    after: str

    @property
    def of_wording(self) -> bool:
        """Whether only a message reads differently."""
        return MESSAGE.sub("...", self.before) == MESSAGE.sub("...", self.after)

    def __str__(self) -> str:
        return f"{self.function}\n    from: {json.dumps(self.before)}\n    to: {json.dumps(self.after)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the files and return 1 if a change was not noticed, or an entry is untrue."""
    listed = yaml.safe_load(LIST.read_text())
    parser = argparse.ArgumentParser(prog="python tests/mutants.py", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"in {PACKAGE}; all listed ones without any")
    files = parser.parse_args(arguments).files or list(listed)
    if unknown := [file for file in files if file not in listed]:
        parser.error(f"FILE must be one of tests/mutants.yml, got {', '.join(unknown)}. Add it there, with its tests.")
    failed = [file for file in files if not _passes(file, listed[file])]
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _passes(file: str, entry: dict) -> bool:
    began = time.monotonic()
    project = _copied(file, entry["tests"])
    wanted = [_changes_of(function, file) for function in entry.get("functions", [])]
    done = _run("run", "--max-children", "1", *wanted, cwd=project)
    statuses = {name: status for name, status in _statuses(project, file) if _is_wanted(name, wanted)}
    if done.returncode != 0 or not statuses:
        print(f"{file}: mutmut has failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return False
    let_pass = [name for name, status in statuses.items() if status not in NOTICED]
    stopped = sum(status in STOPPED for status in statuses.values())
    changes = {name: _change(_run("show", name, cwd=project).stdout) for name in let_pass}
    new, untrue, wording = judged(list(changes.values()), entry.get("accepted", []))
    print(
        f"{file}: {len(statuses)} changes in {time.monotonic() - began:.0f} s, {stopped} ran out of time, "
        f"{len(let_pass)} not noticed: "
        f"{wording} of wording, {len(let_pass) - wording - len(new)} with a reason, {len(new)} without",
        flush=True,
    )
    for change in new:
        print(f"  Not noticed by the tests. Test it, delete it, or add it to tests/mutants.yml with a reason: {change}")
    for change in untrue:
        print(f"  No longer true. Remove it from tests/mutants.yml: {change}")
    return not new and not untrue


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run mutmut, which finds the changed code only where no path to the unchanged one comes before it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    return subprocess.run([mutmut, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def judged(let_pass: Sequence[Change], accepted: Sequence[dict]) -> tuple[list[Change], list[Change], int]:
    """Return changes without a reason, reasons without a change, and how many changes are of wording."""
    reasons = Counter(Change(one["function"], one["from"], one["to"]) for one in accepted if one["reason"])
    found = Counter(change for change in let_pass if not change.of_wording)
    return list((found - reasons).elements()), list((reasons - found).elements()), len(let_pass) - found.total()


def _copied(file: str, tests: Sequence[str]) -> Path:
    """Make a project with nothing but what mutmut needs; results of other tests do not count."""
    project = BUILD / file.removesuffix(".py").replace("/", ".")
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, project / name)
    with (project / "pyproject.toml").open("a") as settings:
        settings.write(SETTINGS.format(package=PACKAGE, file=file, tests=json.dumps([f"tests/{one}" for one in tests])))
    return project


def _changes_of(function: str, file: str) -> str:
    """Return mutmut's names of the changes of a function, or of a method `Class.method`, as a pattern."""
    owner, _, name = function.rpartition(".")
    module = "trading_hpo." + file.removesuffix(".py").replace("/", ".")
    return f"{module}.x" + (f"ǁ{owner}ǁ{name}" if owner else f"_{name}") + "__mutmut_*"


def _is_wanted(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(fnmatch(name, one) for one in wanted)


def _statuses(project: Path, file: str) -> Iterator[tuple[str, str]]:
    from mutmut.stats import status_by_exit_code

    kept = project / "mutants" / PACKAGE / f"{file}.meta"
    found = json.loads(kept.read_text())["exit_code_by_key"] if kept.exists() else {}
    yield from ((name, status_by_exit_code[code]) for name, code in found.items())


def _change(shown: str) -> Change:
    """Read what `mutmut show` prints: a comment with the name, and a diff of the function."""
    lines = shown.splitlines()
    name = re.match(r"# .*\.x_?(.+)__mutmut_\d+:", lines[0])
    assert name is not None, shown
    diff = [line for line in lines[1:] if line[:3] not in ("---", "+++")]
    before, after = (" ".join(line[1:].strip() for line in diff if line[0] == sign) for sign in "-+")
    return Change(name[1].strip("ǁ").replace("ǁ", "."), before, after)


if __name__ == "__main__":
    sys.exit(main())
