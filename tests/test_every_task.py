"""Each task through all stages on real data; over all of them each loss and each schedule is chosen by a trial."""

import json
from itertools import cycle

import pandas as pd
import pytest
import yaml

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.tasks.registry import TASKS
from trading_hpo.training.config import losses_for
from trading_hpo.training.schedules.registry import SCHEDULES

SOURCE = "us_tech_ohlcv"
OPTIONS = {"path": {"horizon_bars": 3}, "triple_barrier": {"horizon_bars": 5}}
# Whose defaults cannot be: phases are to be given.
FIXED = {"multi_phase": {"name": "multi_phase", "phases": [{"epochs": 1, "kind": "cosine"}], "repeat": True}}
WITHOUT_A_NUMBER = {"sharpe"}  # of its forecasts there is no metric of a number


def tried(task):
    """Pairs of a loss and a schedule: every loss that can learn the task's targets."""
    losses = [name for name in losses_for(TASKS[task].target_kind) if name not in WITHOUT_A_NUMBER]
    schedules = list(SCHEDULES)
    first = 3 * list(TASKS).index(task)  # another part of the schedules for each task
    n_trials = max(len(losses), 4)
    turns = cycle(schedules[first % len(schedules) :] + schedules[: first % len(schedules)])
    return [{"loss": loss, "schedule": next(turns)} for loss, _ in zip(cycle(losses), range(n_trials), strict=False)]


def run(kedro, project, labels, pairs, models, **hpo):
    path = project / "conf/test/parameters.yml"
    given = yaml.safe_load(path.read_text())
    choices = {name: {"type": "categorical", "choices": sorted({pair[name] for pair in pairs})} for name in pairs[0]}
    given["labels"] = labels
    given["training"] = {**given["training"], "schedule": FIXED["multi_phase"]}
    given["hpo"] = {
        **given["hpo"],
        "models_to_optimize": models,
        "n_trials": len(pairs),
        "start_from": pairs,
        "custom_search_spaces": {"mlp": choices},
        "pruner": {"name": "none"},
        **hpo,
    }
    path.write_text(yaml.safe_dump(given))
    done = kedro("run", "--env", "test", "--params", f"source={SOURCE}")
    assert done.returncode == 0, done.stderr
    return project / "data/test" / SOURCE


def searched(root, model_type, pairs=()):
    """The metric of a search of which every trial came to its end, with the pairs that it was to try."""
    trials = pd.read_parquet(root / f"07_model_output/trials_{model_type}.parquet")
    assert list(trials["state"]) == ["COMPLETE"] * len(trials), trials["reason"].to_list()
    assert trials["value"].notna().all()
    if pairs:
        found = trials[["params.loss", "params.schedule"]].itertuples(index=False, name=None)
        assert sorted(found) == sorted(tuple(pair.values()) for pair in pairs)
    return json.loads((root / f"07_model_output/hpo_results_{model_type}.json").read_text())["metric"]


@pytest.mark.long(part="proof")
@pytest.mark.parametrize("task", TASKS)
def test_a_task_goes_through_all_stages_with_every_loss_that_can_learn_it(kedro, project, task):
    references = [name for name in MODEL_TYPES if MODEL_TYPES[name].is_reference]
    labels, pairs, models = {"kind": task, **OPTIONS.get(task, {})}, tried(task), [*references, "mlp"]
    root = run(kedro, project, labels, pairs, models)
    assert searched(root, "mlp", pairs) == TASKS[task].objective
    for name in references:
        assert searched(root, name) == TASKS[task].objective
    report = json.loads((root / "08_reporting/report.json").read_text())
    assert {line["model_type"] for line in report["models"]} == set(models)
    assert all(line["holdout"] is not None for line in report["models"])
    assert (root / "08_reporting/report.html").stat().st_size < 6e6


@pytest.mark.long(part="proof")
def test_a_loss_that_learns_positions_is_searched_by_what_they_earn(kedro, project):
    pairs = [{"loss": "sharpe", "schedule": "constant"}]
    root = run(kedro, project, {"kind": "forward_return"}, pairs, ["mlp"], objectives=[{"metric": "sharpe"}])
    assert searched(root, "mlp", pairs) == "sharpe"


def test_over_all_tasks_every_loss_and_every_schedule_is_chosen():
    from trading_hpo.training.losses.registry import LOSSES

    pairs = [pair for task in TASKS for pair in tried(task)]
    assert {pair["schedule"] for pair in pairs} == set(SCHEDULES)
    assert {pair["loss"] for pair in pairs} | WITHOUT_A_NUMBER == set(LOSSES)
