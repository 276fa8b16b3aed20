"""What every sampler and every pruner of the registries keeps, a plug-in's too."""

import json
import math
import os
import re
import subprocess
import sys
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import get_args

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from pydantic import ValidationError

from trading_hpo.engine.config import Goal, SearchPlan
from trading_hpo.engine.proposer import Proposer
from trading_hpo.engine.pruners.registry import PRUNERS
from trading_hpo.engine.samplers.registry import SAMPLERS
from trading_hpo.engine.space import CategoricalParameter, FloatParameter, IntParameter
from trading_hpo.engine.trial_record import REPORTED, SLOT
from trading_hpo.study.config import HpoConfig

SMALL = {"n_startup_trials": 3, "population_size": 4, "patience": 2, "min_epochs": 2}  # so that a short search learns
STEPPED = {
    "layers": IntParameter(type="int", low=1, high=3),
    "width": FloatParameter(type="float", low=0.0, high=1.0, step=0.5),
    "norm": CategoricalParameter(type="categorical", choices=(True, False)),
    "momentum": CategoricalParameter(type="categorical", choices=(0.8, 0.9), only_if={"norm": True}),
}
CONTINUOUS = {
    **STEPPED,
    "rate": FloatParameter(type="float", low=1e-4, high=1e-1, log=True),
    "units": IntParameter(type="int", low=8, high=512, log=True),
}
SPACES = {"stepped": STEPPED, "continuous": CONTINUOUS}
GOALS = (Goal("quality", "maximize"), Goal("price", "minimize"))
EPOCHS = 6


def small(registry, name):
    """The component with as much of SMALL as it knows."""
    component = registry[name]
    return component(**{key: value for key, value in SMALL.items() if key in component.model_fields})


def plan(sampler="random", pruner="none", n_goals=1, seed=0):
    n_trials = 7 if pruner == "none" else 12  # a Gaussian process takes its time, a pruner needs rivals
    return SearchPlan(n_trials, GOALS[:n_goals], EPOCHS, small(SAMPLERS, sampler), small(PRUNERS, pruner), seed)


def values_of(parameters, epoch):
    """Quality that ripples and falls in the end, or no patience would end; price that grows."""
    level = parameters["width"] - abs(parameters["layers"] - 2) + 0.3 * parameters["norm"]
    return (level + 0.1 * math.sin(3 * epoch * parameters["layers"]) - 0.01 * epoch, epoch * parameters["layers"])


@cache
def searched(a_plan, space="stepped", limit=None):
    """The trials of a search, as a storage keeps them."""
    return tuple(resumed((), a_plan, space, limit))


def resumed(history, a_plan, space="stepped", limit=None):
    """The trials of a search that goes on from those of `history`."""
    proposer = Proposer(a_plan, SPACES[space], history)
    kept = list(history)
    for slot in range(len(kept), proposer.n_slots):
        proposal = proposer.propose(slot)
        reported, pruned = {}, False
        for epoch in range(1, EPOCHS + 1):
            reported[epoch] = values_of(proposal.parameters, epoch)[: len(a_plan.goals)]
            pruned = proposer.should_prune(slot, epoch, reported[epoch]) and epoch < EPOCHS
            if pruned:
                break
        violations = {} if limit is None else {"layers": proposal.parameters["layers"] - limit}
        state = TrialState.PRUNED if pruned else TrialState.COMPLETE
        ended = proposer.finish(slot, state, None if pruned else reported[epoch], violations)
        kept.append(stored(slot, proposal, state, reported, ended))
    return kept


def stored(slot, proposal, state, reported, ended):
    several = ended.reported is not None
    return FrozenTrial(
        number=slot,
        trial_id=slot,
        state=state,
        value=None,
        values=reported[max(reported)] if not several or state == TrialState.COMPLETE else None,
        datetime_start=datetime.now(),
        datetime_complete=datetime.now(),
        params=json.loads(json.dumps(proposal.parameters)),
        distributions=proposal.distributions,
        user_attrs={SLOT: slot, **({REPORTED: ended.reported} if several else {})},
        system_attrs={
            **json.loads(json.dumps(proposal.system_attrs)),
            **({"constraints": [*ended.violations.values()]} if ended.violations else {}),
        },
        intermediate_values={epoch: values[0] for epoch, values in reported.items()},
    )


def same(ones, others):
    kept = [
        [(trial.params, trial.state, trial.values, trial.intermediate_values) for trial in trials]
        for trials in (ones, others)
    ]
    return kept[0] == kept[1]


def goes_on(a_plan, space="stepped", limit=None):
    """Whether a search that was cut, in its second generation, equals one that never stopped."""
    whole = searched(a_plan, space, limit)
    return same(resumed(whole[:5], a_plan, space, limit), whole)


def spaces_of(sampler):
    return ["stepped"] if SAMPLERS[sampler].tries_all else list(SPACES)


EVERY_SAMPLER = [(name, space) for name in SAMPLERS for space in spaces_of(name)]


# --- what they declare, and their options ---

BOTH = [(registry, name) for registry in (SAMPLERS, PRUNERS) for name in registry]


@pytest.mark.parametrize(("registry", "name"), BOTH)
def test_the_entrys_name_is_the_configs_and_every_option_is_described(registry, name):
    fields = registry[name].model_fields
    assert get_args(fields["name"].annotation) == (name,)
    assert all(field.description for option, field in fields.items() if option != "name")


@pytest.mark.parametrize(("registry", "name"), BOTH)
def test_a_name_alone_stands_for_the_defaults_and_parameters_survive_writing(registry, name):
    if registry is SAMPLERS:
        hpo = HpoConfig(sampler=name, pruner="none")
        assert hpo.sampler == registry[name]()
    else:
        order = "sequential" if registry[name].judges == "folds" else "lockstep"
        hpo = HpoConfig(pruner=name, fold_order=order)
        assert hpo.pruner == registry[name]()
    assert HpoConfig(**hpo.model_dump()) == HpoConfig.model_validate_json(hpo.model_dump_json()) == hpo


@pytest.mark.parametrize(("registry", "name"), BOTH)
def test_an_option_that_it_does_not_have_is_refused(registry, name):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        HpoConfig(**{registry.kind: {"name": name, "nobody_has_this": 1}})


# --- samplers ---


@pytest.mark.parametrize(("name", "space"), EVERY_SAMPLER)
def test_every_sampler_suggests_what_applies_within_the_space(name, space):
    for trial in searched(plan(name), space):
        assert set(trial.params) == {
            option for option, parameter in SPACES[space].items() if parameter.applies(trial.params)
        }
        assert all(SPACES[space][option].contains(value) for option, value in trial.params.items())


@pytest.mark.parametrize(("name", "space"), EVERY_SAMPLER)
def test_every_sampler_resumes_bit_for_bit_and_follows_the_seed(name, space):
    assert goes_on(plan(name), space)
    first = [Proposer(plan(name, seed=seed), SPACES[space], ()).propose(0).parameters for seed in range(4)]
    assert any(parameters != first[0] for parameters in first)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_serves_several_objectives_or_is_refused_with_them(name):
    objectives = [{"metric": "mcc"}, {"metric": "epochs"}]
    if SAMPLERS[name].several_objectives:
        assert HpoConfig(sampler=name, pruner="none", objectives=objectives)
        assert goes_on(plan(name, n_goals=2))
    else:
        with pytest.raises(ValidationError, match=f"sampler {name} cannot go with several objectives"):
            HpoConfig(sampler=name, pruner="none", objectives=objectives)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_serves_constraints_or_is_refused_with_them(name):
    constraints = [{"metric": "sharpe", "min": 0.0}]
    if SAMPLERS[name].constraints:
        assert HpoConfig(sampler=name, pruner="none", constraints=constraints)
        assert goes_on(plan(name), limit=2)
    else:
        with pytest.raises(ValidationError, match=rf"sampler {name} cannot go with .*constraints"):
            HpoConfig(sampler=name, pruner="none", constraints=constraints)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_that_needs_complete_trials_is_refused_with_pruning(name):
    assert HpoConfig(sampler=name, pruner="none")
    if SAMPLERS[name].needs_complete_trials:
        with pytest.raises(ValidationError, match=f"pruner must be none with sampler {name}, got 'median'"):
            HpoConfig(sampler=name, pruner="median")
    else:
        assert goes_on(plan(name, "median"))


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_that_tries_all_tries_each_once_and_cannot_be_taught(name):
    config = SAMPLERS[name]()
    start = {"start_from": [{"layers": 2}], "pruner": "none"}
    phases = [{"name": "a", "n_trials": 1, "sampler": "random"}, {"name": "b", "n_trials": 1, "sampler": name}]
    if not config.tries_all:
        assert config.n_slots(STEPPED) == math.inf
        assert HpoConfig(sampler=name, **start)
        assert HpoConfig(phases=phases, pruner="none")
        return
    of_width = {"width": STEPPED["width"]}
    assert config.n_slots(of_width) == 3
    widths = [Proposer(plan(name), of_width, ()).propose(slot).parameters["width"] for slot in range(3)]
    assert sorted(widths) == [0.0, 0.5, 1.0]
    with pytest.raises(ValidationError, match=f"start_from cannot go with sampler {name}"):
        HpoConfig(sampler=name, **start)
    with pytest.raises(ValidationError, match=f"sampler {name} must be in the first phase"):
        HpoConfig(phases=phases, pruner="none")


# --- pruners ---

JUDGES = [name for name in PRUNERS if PRUNERS[name].judges != "nothing"]


def given_up(pruner, curves, direction="maximize"):
    """The step at which each of the curves is given up, one trial after another; none for one that goes on."""
    study = optuna.create_study(direction=direction)
    ends = []
    for slot, curve in enumerate(curves):
        trial = study.ask()
        trial.set_user_attr(SLOT, slot)
        for step, value in enumerate(curve, start=1):
            trial.report(value, step)
            if pruner.prune(study, study.get_trials(deepcopy=False)[trial.number]):
                break
        else:
            step = None
        study.tell(trial, None if step else curve[-1], state=TrialState.PRUNED if step else TrialState.COMPLETE)
        ends.append(step)
    return ends


def falling(level, sign=1):
    return [sign * (level - 0.01 * step) for step in range(9)]  # or no patience would end


@pytest.mark.parametrize("name", JUDGES)
@pytest.mark.parametrize(("direction", "sign"), [("maximize", 1), ("minimize", -1)])
def test_every_pruner_that_judges_gives_up_the_worst_and_one_that_compares_keeps_the_best(name, direction, sign):
    wrapped = {"wrapped": "median"} if "wrapped" in PRUNERS[name].model_fields else {}
    pruner = small(PRUNERS, name).model_validate({**small(PRUNERS, name).model_dump(), **wrapped}).make(9)
    levels = [slot % 10 for slot in range(30)]
    worst = (-100, -101, -102, -103)  # several: Hyperband has a bracket that gives nothing up
    ends = given_up(pruner, [falling(level, sign) for level in (*levels, 100, *worst)], direction)
    assert ends[len(levels)] is None
    assert any(end is not None for end in ends[len(levels) + 1 :])


@pytest.mark.parametrize("name", [name for name in PRUNERS if name not in JUDGES])
def test_a_pruner_that_judges_nothing_keeps_everything(name):
    assert given_up(PRUNERS[name]().make(9), [falling(-slot) for slot in range(10)]) == [None] * 10


@pytest.mark.parametrize("name", PRUNERS)
def test_no_trial_is_given_up_before_the_first_rung(name):
    config = small(PRUNERS, name)
    ends = given_up(config.make(9), [falling(-slot) for slot in range(30)])
    assert all(end is None or end >= (config.first_rung or 1) for end in ends)


@pytest.mark.parametrize("name", PRUNERS)
def test_every_pruner_judges_after_a_resume_as_it_would_have_done(name):
    pruned = [trial for trial in searched(plan("random", name)) if trial.state == TrialState.PRUNED]
    assert bool(pruned) == (name in JUDGES)
    assert goes_on(plan("random", name))


@pytest.mark.parametrize("name", PRUNERS)
def test_every_pruner_judges_several_objectives_or_is_refused_with_them(name):
    order = "sequential" if PRUNERS[name].judges == "folds" else "lockstep"
    hpo = {"pruner": name, "fold_order": order, "objectives": [{"metric": "mcc"}, {"metric": "epochs"}]}
    if PRUNERS[name].several_objectives:
        assert HpoConfig(**hpo)
        assert goes_on(plan("random", name, n_goals=2))
    else:
        with pytest.raises(ValidationError, match=f"with several objectives, got '{name}'"):
            HpoConfig(**hpo)


@pytest.mark.parametrize("order", ["lockstep", "sequential"])
@pytest.mark.parametrize("name", PRUNERS)
def test_a_pruner_goes_with_the_order_of_folds_that_shows_it_what_it_judges(name, order):
    wanted = {"epochs": ("lockstep",), "folds": ("sequential",), "nothing": ("lockstep", "sequential")}
    if order in wanted[PRUNERS[name].judges]:
        assert HpoConfig(pruner=name, fold_order=order)
    else:
        with pytest.raises(ValidationError, match=f"fold_order must be .* with pruner {name}"):
            HpoConfig(pruner=name, fold_order=order)


# --- a plug-in's ---

PAGE = Path(__file__).parents[2] / "docs/howto/add_a_pruner_or_sampler.md"
BLOCKS = dict(re.findall(r'^```python title="([\w./]+)"\n(.*?)^```$', PAGE.read_text(), re.MULTILINE | re.DOTALL))
PLUGIN = "".join(
    BLOCKS[name] for name in ("engine/pruners/top_share.py", "engine/samplers/univariate.py", "our_search.py")
)


@pytest.mark.slow
@pytest.mark.long(part="outside")
def test_a_plugins_sampler_and_pruner_are_searched_with_and_pass_these_tests(tmp_path):
    (tmp_path / "our_search.py").write_text(PLUGIN)
    paths = [str(tmp_path), str(Path(__file__).parents[2] / "src"), *sys.path]
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(Path(__file__)),
        "-k",
        "univariate or top_share",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "TRADING_HPO_PLUGINS": "our_search", "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 20, done.stdout
