from pathlib import Path
from typing import Any

import pytest
from tests.makers.tasks import H, data_of

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.space import space_from
from trading_hpo.errors import DataError
from trading_hpo.market.panel import open_panel, save_panel
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.search import Search
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.study.searched_losses import loss_problems, searched_losses
from trading_hpo.tasks.registry import task_of
from trading_hpo.training.config import TrainingConfig

RUNS = {"sharpe_run_bars": {"type": "int", "low": 2, "high": 30}}


def test_every_loss_is_made_with_every_combination_of_the_edges_of_its_parameters() -> None:
    space = space_from({"loss": {"type": "categorical", "choices": ["mse", "sharpe"]}, **RUNS})
    training = TrainingConfig(loss={"name": "sharpe", "sharpe_cost_bps": 3})
    found = [(loss.name, loss.model_dump()) for loss in searched_losses(space, training, "number")]
    sharpe = [("sharpe", {"sharpe_run_bars": bars, "sharpe_cost_bps": 3.0}) for bars in (2, 30)]
    assert found == [("mse", {}), *sharpe]


@pytest.mark.parametrize(
    ("space", "options", "said"),
    [
        ({}, {"sharpe_run_bars": H}, []),
        ({}, {"sharpe_run_bars": H + 1, "sharpe_cost_bps": 5}, []),
        (
            {},
            {"sharpe_run_bars": H, "sharpe_cost_bps": 5},
            [f"training.loss.sharpe_run_bars must be above the {H} bars"],
        ),
        (RUNS, {"sharpe_cost_bps": 5}, [f"mlp.sharpe_run_bars must be above the {H} bars"]),
    ],
)
def test_runs_are_longer_than_a_position_is_held_where_costs_count(
    space: dict[str, Any], options: dict[str, Any], said: list[str]
) -> None:
    panel, _ = data_of("forward_return")
    training = TrainingConfig(loss={"name": "sharpe", **options})
    found = list(loss_problems("mlp", space_from(space), training, task_of(panel.label)))
    assert len(found) == len(said)
    assert all(problem.startswith(sentence) for problem, sentence in zip(found, said, strict=True))


@pytest.mark.parametrize(("run_bars", "refused"), [(20, False), (500, True)])
def test_runs_longer_than_a_role_has_bars_in_a_row_are_refused_before_any_trial(
    tmp_path: Path, run_bars: int, refused: bool
) -> None:
    panel, split = data_of("forward_return")
    save_panel(panel, tmp_path / "panel.safetensors")
    training = TrainingConfig(window_bars=5, loss={"name": "sharpe", "sharpe_run_bars": run_bars})
    hpo = HpoConfig(objectives=[{"metric": "sharpe"}])

    def search(model_type: str) -> Search:
        settings = (SearchSpacesConfig(), training, BacktestConfig(), hpo)
        return Search.of(model_type, "study", open_panel(tmp_path / "panel.safetensors"), split, *settings)

    assert search("linear")  # learns by no loss
    if not refused:
        assert search("mlp")
        return
    with pytest.raises(DataError, match=r"got 500: the stop of fold 0 has no more consecutive bars") as caught:
        search("mlp")
    (problem,) = caught.value.problems
    longest = int(problem.split("at most ")[1].split()[0])
    training = training.model_copy(update={"loss": {"name": "sharpe", "sharpe_run_bars": longest}})
    assert search("mlp")  # the remedy helps, and one bar more is refused
    training = training.model_copy(update={"loss": {"name": "sharpe", "sharpe_run_bars": longest + 1}})
    with pytest.raises(DataError, match=f"runs of at most {longest} bars, got {longest + 1}"):
        search("mlp")
