"""Each task through all stages on real data; over all of them each loss and each schedule is chosen by a trial."""

import json
from itertools import cycle

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


def run(kedro, project, labels, pairs, objective, models):
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
        "objectives": [{"metric": objective}],
        "pruner": {"name": "none"},
    }
    path.write_text(yaml.safe_dump(given))
    done = kedro("run", "--env", "test", "--params", f"source={SOURCE}")
    assert done.returncode == 0, done.stderr
    return done, project / "data/test" / SOURCE


@pytest.mark.long(part="proof")
@pytest.mark.parametrize("task", TASKS)
def test_a_task_goes_through_all_stages_with_every_loss_that_can_learn_it(kedro, project, task):
    references = [name for name in MODEL_TYPES if MODEL_TYPES[name].is_reference]
    labels, pairs, models = {"kind": task, **OPTIONS.get(task, {})}, tried(task), [*references, "mlp"]
    done, root = run(kedro, project, labels, pairs, TASKS[task]().objective, models)
    found = json.loads((root / "07_model_output/hpo_results_mlp.json").read_text())
    assert found["best"]["value"] is not None, done.stdout
    report = json.loads((root / "08_reporting/report.json").read_text())
    assert {line["model_type"] for line in report["models"]} == set(models)
    assert all(line["holdout"] is not None for line in report["models"])
    assert (root / "08_reporting/report.html").stat().st_size < 6e6


@pytest.mark.long(part="proof")
def test_a_loss_that_learns_positions_is_searched_by_what_they_earn(kedro, project):
    pairs = [{"loss": "sharpe", "schedule": "constant"}]
    done, root = run(kedro, project, {"kind": "forward_return"}, pairs, "sharpe", ["mlp"])
    found = json.loads((root / "07_model_output/hpo_results_mlp.json").read_text())
    assert found["metric"] == "sharpe"
    assert found["best"]["value"] is not None, done.stdout


def test_over_all_tasks_every_loss_and_every_schedule_is_chosen():
    from trading_hpo.training.losses.registry import LOSSES

    pairs = [pair for task in TASKS for pair in tried(task)]
    assert {pair["schedule"] for pair in pairs} == set(SCHEDULES)
    assert {pair["loss"] for pair in pairs} | WITHOUT_A_NUMBER == set(LOSSES)
