"""Where the labels belong to other bars there is nothing to find, and the project is to say so.

The labels are those of ``shuffled_direction``; bars, features and the returns that are traded are the real ones.
"""

from pathlib import Path
from typing import Any

from controls.outcome import Control, Outcome
from controls.runs import LEVEL, SEARCH, SMALL, deflated, results, run
from trading_hpo.overfitting.sharpe import LEVEL as SURE

NEEDS = ("verdicts", "selection_statistics")


def judge(seed: int) -> Outcome:
    """Search the labels of one order of the bars; as expected where nothing is called found.

    Stricter than the report, which says "above" where validation and holdout agree: here validation alone must not.
    """
    labels = {"kind": "shuffled_direction", "shuffle_seed": seed}
    hpo = {**SEARCH, "models_to_optimize": ["mlp"], "seed": seed}
    settings = {**SMALL, "labels": labels, "hpo": hpo}
    verdict, statistics = run("__default__", NEEDS, settings, _said)
    above = [what for what in ("forecast", "money") if verdict[what]["above"]]
    tests = {
        f"{part}_{what}_p": verdict[what][part].get("p_value")
        for part in ("validation", "holdout")
        for what in ("forecast", "money")
    }
    ratio = deflated(statistics)
    clear = all(_not_above(tests[f"validation_{what}_p"]) for what in ("forecast", "money"))
    numbers = {**tests, "above": ", ".join(above) or "none", "deflated_sharpe": ratio}
    return Outcome(seed, clear and not above and (ratio is None or ratio < SURE), numbers)


def _said(project: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    verdicts, statistics = (results(project, name)["mlp"] for name in NEEDS)
    return verdicts, statistics


def _not_above(p_value: float | None) -> bool:
    return p_value is None or p_value > LEVEL


CONTROL = Control("labels of other bars: nothing is above, deflated Sharpe below 0.95", 20, 17, judge)
