"""What `make mutants` makes of changes that the tests have let pass."""

import re

import pytest
import yaml
from tests import mutants
from tests.mutants import LIST, PACKAGE, ROOT, Change, _change, _changes_of, _is_wanted, judged, main

LISTED = yaml.safe_load(LIST.read_text())
SHOWN = """# trading_hpo.splits.purging.xǁIntervalsǁinside__mutmut_1: survived
--- src/trading_hpo/splits/purging.py
+++ src/trading_hpo/splits/purging.py
@@ -1,3 +1,3 @@
 def inside(self, bars):
-    return self.bar >= bars.start
+    return self.bar > bars.start
"""
INSIDE = Change("Intervals.inside", "return self.bar >= bars.start", "return self.bar > bars.start")
ACCEPTED = {"function": INSIDE.function, "from": INSIDE.before, "to": INSIDE.after, "reason": "No row is there."}


def test_a_change_is_read_from_the_diff_of_its_function():
    assert _change(SHOWN) == INSIDE
    assert _change(SHOWN.replace("xǁIntervalsǁinside", "x__inside")).function == "_inside"


def test_the_changes_of_a_function_are_found_by_its_name():
    wanted = [_changes_of("Intervals.inside", "splits/purging.py"), _changes_of("_reach", "splits/purging.py")]
    assert _is_wanted("trading_hpo.splits.purging.xǁIntervalsǁinside__mutmut_12", wanted)
    assert _is_wanted("trading_hpo.splits.purging.x__reach__mutmut_1", wanted)
    for other in ("x__reached__mutmut_1", "x_reach__mutmut_1", "xǁIntervalsǁof__mutmut_1"):
        assert not _is_wanted(f"trading_hpo.splits.purging.{other}", wanted)
        assert _is_wanted(f"trading_hpo.splits.purging.{other}", [])  # all of a file without a list


def test_a_change_without_a_reason_and_a_reason_without_a_change_are_found():
    assert judged([INSIDE], [ACCEPTED]) == ([], [], 0)
    assert judged([INSIDE], []) == ([INSIDE], [], 0)
    assert judged([], [ACCEPTED]) == ([], [INSIDE], 0)
    assert judged([INSIDE], [{**ACCEPTED, "reason": ""}]) == ([INSIDE], [], 0)
    assert judged([INSIDE, INSIDE], [ACCEPTED]) == ([INSIDE], [], 0)  # two places of the function look alike


def test_only_the_wording_of_a_sentence_is_not_asked_for():
    said = 'raise DataError(["no bar is there"], {})'
    worded = Change("f", said.format("edge"), said.format("edge").replace("no bar is there", "XXno bar is thereXX"))
    assert judged([worded], []) == ([], [], 1)
    key = Change("f", 'table["path"]', 'table["PATH"]')
    assert judged([key], []) == ([key], [], 0)
    both = Change("f", worded.before, worded.after.replace("DataError", "None"))
    assert judged([both], []) == ([both], [], 0)


def test_a_file_that_is_not_listed_is_refused_with_what_to_do(capsys):
    with pytest.raises(SystemExit):
        main(["splits/nowhere.py"])
    assert "got splits/nowhere.py. Add it there, with its tests." in capsys.readouterr().err


@pytest.mark.parametrize("passes", [True, False])
def test_the_files_that_are_named_are_tried_and_one_that_fails_fails_the_command(monkeypatch, capsys, passes):
    tried = []
    monkeypatch.setattr(mutants, "_passes", lambda file, entry: tried.append((file, entry["tests"])) or passes)
    assert main(["splits/purging.py"]) == int(not passes)
    assert tried == [("splits/purging.py", LISTED["splits/purging.py"]["tests"])]
    assert ("Failed: splits/purging.py" in capsys.readouterr().out) is not passes


@pytest.mark.parametrize("file", LISTED)
def test_the_list_names_files_and_tests_that_exist_and_reasons_for_lines_that_are_there(file):
    source = " ".join((ROOT / PACKAGE / file).read_text().split())
    assert all((ROOT / "tests" / one.partition("::")[0]).exists() for one in LISTED[file]["tests"])
    for function in LISTED[file].get("functions", []):
        assert re.search(rf"def {function.split('.')[-1]}\b", source)
    for one in LISTED[file].get("accepted", []):
        assert one["reason"].endswith(".")
        assert one["from"] in source
        assert re.search(rf"def {one['function'].split('.')[-1]}\b", source)
