"""A stage is made again when code that it reaches has changed, and only then."""

import shutil
from pathlib import Path

import pytest

import trading_hpo
from trading_hpo.runner.code_digest import CodeReader, code_digest

PACKAGE = Path(trading_hpo.__file__).parent
NODES = {
    "bars": "trading_hpo.market.bars",
    "features": "trading_hpo.market.features.build",
    "hpo": "trading_hpo.pipelines.hpo.nodes",
    "analysis": "trading_hpo.pipelines.analysis.nodes",
    "retraining": "trading_hpo.pipelines.retraining.nodes",
    "evaluation": "trading_hpo.pipelines.evaluation.nodes",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of the package that a test may change; each change is taken back."""
    folder = tmp_path_factory.mktemp("sources")
    shutil.copytree(PACKAGE, folder / "trading_hpo", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def digests(folder):
    reader = CodeReader(folder / "code.json")  # as the next process reads it
    found = {
        stage: code_digest({name: folder.joinpath(*name.split(".")).with_suffix(".py")}, reader)
        for stage, name in NODES.items()
    }
    reader.keep()
    return found


def changed(folder, module, edit):
    """The stages whose digest an edit of a module's text changes."""
    path, before = folder / "trading_hpo" / module, digests(folder)
    text = path.read_text()
    try:
        path.write_text(edit(text))
        assert path.read_text() != text
        after = digests(folder)
    finally:
        path.write_text(text)
    return {stage for stage in NODES if before[stage] != after[stage]}


def with_code(text):
    return f"{text}\n_SOMETHING_NEW = 1\n"


def with_comment(text):
    return f"# said differently\n{text}"


def with_docstring(text):
    before, _, after = text.partition('"""')
    return f'{before}"""Said differently. {after}'


@pytest.mark.parametrize(
    ("module", "stages"),
    [
        # Figures take the colours of model types from their registry, which names the code of each.
        ("training/loop.py", {"hpo", "analysis", "retraining", "evaluation"}),
        ("families/networks/final.py", {"hpo", "analysis", "retraining", "evaluation"}),
        ("market/features/returns.py", {"features"}),
        ("market/sources/config.py", {"bars"}),
        ("engine/samplers/registry.py", {"hpo"}),
        ("reporting/figures/search.py", {"analysis"}),
        ("reporting/figures/holdout.py", {"evaluation"}),
        ("reporting/studies.py", set()),
        ("tracking/trials.py", set()),
        ("commands/run.py", set()),
        ("hooks.py", set()),
        ("runner/reusing.py", set()),
        ("pipelines/evaluation/pipeline.py", set()),
    ],
)
def test_changed_code_concerns_the_stages_that_reach_it(sources, module, stages):
    assert changed(sources, module, with_code) == stages


@pytest.mark.parametrize("edit", [with_comment, with_docstring])
@pytest.mark.parametrize(
    "module", ["training/loop.py", "market/bars.py", "study/search.py", "reporting/figures/style.py"]
)
def test_comments_and_docstrings_concern_nothing(sources, module, edit):
    assert changed(sources, module, edit) == set()


def test_a_new_version_of_the_package_alone_concerns_nothing(sources):
    assert changed(sources, "__init__.py", lambda text: text.replace("__version__ = ", "__version__ = 'x' + ")) == set()


# What is read of a module


@pytest.fixture
def package(tmp_path):
    """Write modules of a package `own`; return the digest of one of them."""

    def write(main, **others):
        folder = tmp_path / "own"
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in {"__init__": "", "main": main, **others}.items():
            path = folder.joinpath(*name.split("__", 1)) if "__" in name.strip("_") else folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".py").write_text(text)
        return code_digest({"own.main": folder / "main.py"})

    return write


IMPORTS = [
    "import own.helper",
    "import own.helper as h",
    "from own import helper",
    "from own.helper import f",
    "from . import helper",
    "from .helper import f",
    "def g():\n    from own.helper import f\n    return f()",
    "from own.between import f",
    "NETWORKS = {'mlp': 'own.helper:f'}",
    "NETWORKS = {'mlp': 'own.helper.f'}",
    "from importlib import import_module\ndef g(name):\n    return import_module(f'own.{name}')",
    "if True:\n    pass\nelse:\n    import own.helper",
]


@pytest.mark.parametrize("main", IMPORTS)
def test_what_is_imported_counts_however_it_is_written(package, main):
    between = "from own.helper import f"
    one, other = (package(main, helper=f"def f(): return {number}", between=between) for number in (1, 2))
    assert one != other


@pytest.mark.parametrize(
    "main",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from own.helper import f",
        "import typing\nif typing.TYPE_CHECKING:\n    from own.helper import f",
        "import json",
        "TEXT = 'own.helper, in a sentence'",
        '"""own.helper"""',
    ],
)
def test_what_does_not_run_does_not_count(package, main):
    assert package(main, helper="def f(): return 1") == package(main, helper="def f(): return 2")


def test_what_runs_when_type_checkers_do_not_look_counts(package):
    main = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:\n    from own.helper import f"
    assert package(main, helper="def f(): return 1") != package(main, helper="def f(): return 2")


def test_a_module_that_two_others_import_from_each_other_is_read_once(package):
    assert package("import own.helper", helper="import own.main") == package(
        "import own.helper", helper="import own.main"
    )


def test_our_code_counts_for_a_node_of_the_users_own(package, monkeypatch):
    from trading_hpo.runner import code_digest as under_test

    before = package("from trading_hpo.training.loop import train")
    monkeypatch.setattr(under_test, "_version", lambda name: f"another {name}")
    assert package("from trading_hpo.training.loop import train") != before  # torch, which our loop imports


def test_a_library_counts_with_its_version_where_it_is_imported(package, monkeypatch):
    from trading_hpo.runner import code_digest as under_test

    main = "def f():\n    import torch"
    before, without = package(main), package("import json")
    monkeypatch.setattr(under_test, "_version", lambda name: f"another {name}")
    assert package(main) != before
    assert package("import json") == without
