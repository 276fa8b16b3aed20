"""The recipes for losses, tasks, pruners and samplers, done inside of the project as the pages say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r'^```python title="([\w./]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LINE = re.compile(r'^ {8}"(\w+)": "([\w.]+):(\w+)",\n$')
CONTRACTS = {
    "loss": ("tests/training/losses/test_contract.py", "tests/families/networks/test_every_loss.py"),
    "task": ("tests/tasks/test_task_contract.py",),
    "pruner_or_sampler": ("tests/engine/test_contracts.py",),
}


def done_as_the_page_says(kind: str, folder: Path) -> list[tuple[str, str, str, str]]:
    """Write the files and lines into a copy of the project; return registry, name, module and class of each."""
    shutil.copytree(ROOT / "src" / "trading_hpo", folder / "trading_hpo")
    added = []
    for place, text in BLOCK.findall((ROOT / "docs" / "howto" / f"add_a_{kind}.md").read_text()):
        path = folder / "trading_hpo" / place
        if path.name != "registry.py":
            if path.parent.is_dir() and path.parent != folder / "trading_hpo":  # else it is a plug-in from outside
                path.write_text(text)
            continue
        ((name, module, cls),) = LINE.findall(text)
        entries, end, rest = path.read_text().partition("\n    },\n")
        path.write_text(f"{entries}\n{text.rstrip()}{end}{rest}")
        added.append((f"trading_hpo.{place.removesuffix('.py').replace('/', '.')}", name, module, cls))
    return added


def python(*arguments: str, source: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", CONTRACTS)
def test_it_is_the_file_and_one_line(kind, tmp_path):
    added = done_as_the_page_says(kind, tmp_path)
    assert len(added) == (2 if kind == "pruner_or_sampler" else 1)
    for registry, name, module, cls in added:
        code = f"import {registry} as r; import trading_hpo.registry as base; "
        code += "found = next(v for v in vars(r).values() if isinstance(v, base.Registry)); "
        code += f"print(list(found)[-1], found[{name!r}].__module__, found[{name!r}]().name, found[{name!r}].__name__)"
        done = python("-c", code, source=tmp_path)
        assert done.stdout.split() == [name, module, name, cls], done.stderr


@pytest.mark.slow
@pytest.mark.long(part="outside")
@pytest.mark.parametrize("kind", CONTRACTS)
def test_it_passes_the_contracts(kind, tmp_path):
    names = [name for _, name, _, _ in done_as_the_page_says(kind, tmp_path)]
    done = python("-m", "pytest", *CONTRACTS[kind], "-k", " or ".join(names), source=tmp_path)
    assert done.returncode == 0, done.stdout
    passed = int(re.findall(r"(\d+) passed", done.stdout)[-1])
    assert passed >= 2 * len(names), done.stdout
