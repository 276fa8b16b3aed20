"""Where the labels belong to other bars there is nothing to find, and the project is to say so.

The labels are those of ``shuffled_direction``; bars, features and the returns that are traded are the real ones.
"""

from controls.outcome import Control, Outcome
from controls.runs import LEVEL, SEARCH, deflated, run


def judge(seed: int) -> Outcome:
    """Search the labels of one order of the bars; as expected where nothing is called found.

    Stricter than the report, which says "above" where validation and holdout agree: here validation alone must not.
    """
    labels = {"kind": "shuffled_direction", "shuffle_seed": seed}
    hpo = {**SEARCH["hpo"], "models_to_optimize": ["mlp"], "seed": seed}
    finished = run("verdicts", {**SEARCH, "labels": labels, "hpo": hpo}, plugin="controls.shuffled_direction")
    verdict, ratio = finished.judged["mlp"], deflated(finished.chosen["mlp"])
    above = any(verdict[what]["above"] for what in ("forecast", "money"))
    p_values = {what: verdict[what]["validation"].get("p_value") for what in ("forecast", "money")}
    clear = all(p_value is None or p_value > LEVEL for p_value in p_values.values())
    numbers = {
        "forecast_p": p_values["forecast"],
        "money_p": p_values["money"],
        "holdout_forecast_p": verdict["forecast"]["holdout"].get("p_value"),
        "holdout_money_p": verdict["money"]["holdout"].get("p_value"),
        "above_in_the_report": "yes" if above else "no",
        "deflated_sharpe": ratio,
    }
    return Outcome(seed, clear and not above and (ratio is None or ratio < 0.95), numbers)


CONTROL = Control("labels of other bars: nothing is above, deflated Sharpe below 0.95", 20, 17, judge)
