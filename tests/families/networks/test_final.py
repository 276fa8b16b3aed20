import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from tests.makers.model_types import NETWORKS

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import DamagedFileError, DataError
from trading_hpo.families.family import DivergedError, FinalData, Rows
from trading_hpo.families.judgement import judge, traded_constant
from trading_hpo.families.model_file import MODEL_FILE
from trading_hpo.families.networks.final import TrainedNetwork, train_final
from trading_hpo.families.networks.fitting import Recipe
from trading_hpo.families.networks.fold import fit_fold
from trading_hpo.splits.folds import FINAL
from trading_hpo.tasks.task import Decision
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.following import following
from trading_hpo.training.loop import predict
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import BarRange, Panel

MakePanel = Callable[..., Panel]
L, SEED = 5, 3
TRAINING = TrainingConfig(epochs=50, window_bars=L, max_windows_per_epoch=200)
PARAMETERS: dict[str, Any] = {"batch_size": 64, "learning_rate": 5e-3, "asset_embedding_dim": 3}


@pytest.fixture(scope="module")
def panel(make_panel: MakePanel) -> Panel:
    return make_panel()


@pytest.fixture(scope="module")
def rows(panel: Panel) -> np.ndarray:
    return panel.rows((BarRange(0, 150),), L)


def final(panel: Panel, rows: np.ndarray, model_type: str = "mlp", **more: Any) -> TrainedNetwork:
    options: dict[str, Any] = {"parameters": PARAMETERS, "card": {"trial_number": 4}, **more}
    training, seed = options.pop("training", TRAINING), options.pop("seed", SEED)
    data = FinalData(model_type, panel, rows[:-40], rows[-40:], training, BacktestConfig(), seed)
    return train_final(data, **options)


def scores(network: TrainedNetwork, panel: Panel, rows: np.ndarray) -> np.ndarray:
    return network.forecast(panel, rows).score


@pytest.fixture(scope="module")
def trained(panel: Panel, rows: np.ndarray) -> TrainedNetwork:
    return final(panel, rows)


def test_the_final_network_calls_the_positive_class_as_often_as_it_occurs_in_the_stop_rows(
    panel: Panel, rows: np.ndarray, trained: TrainedNetwork
) -> None:
    stop = rows[-40:]
    called = trained.decision.calls(trained.forecast(panel, stop))
    assert abs(int(called.sum()) - int(panel.target.ravel()[stop].sum())) <= 1


def test_the_final_network_is_the_epoch_that_a_fold_with_the_same_rows_stops_at(
    panel: Panel, rows: np.ndarray, trained: TrainedNetwork
) -> None:
    train, stop, later = rows[:-40], rows[-40:], panel.rows((BarRange(150, 220),), L)
    recipe = Recipe.of("mlp", PARAMETERS, panel, TRAINING, SEED)
    windows, backtest = Windows(panel, L), BacktestConfig()
    *_, last = fit_fold(recipe, panel, windows, FINAL, Rows(train, stop, later, later), backtest, lambda: False)
    assert trained.card["epochs"] == last.stopped_epoch < last.epochs
    assert trained.decision.threshold == last.threshold
    assert trained.card["learning_rates"] == [PARAMETERS["learning_rate"]] * last.stopped_epoch
    constant = traded_constant(panel, later, train, backtest)
    judged = judge(panel, later, trained.forecast(panel, later), trained.decision, backtest, constant)
    assert judged.metrics == pytest.approx(last.metrics)


def test_the_schedule_follows_the_scores_of_the_stop_rows(panel: Panel, rows: np.ndarray, plugged_in: None) -> None:
    trained = final(panel, rows, training=TRAINING.model_copy(update={"schedule": "halving", "epochs": 12}))
    rates = trained.card["learning_rates"]
    assert len(rates) == trained.card["epochs"]
    assert rates[0] == PARAMETERS["learning_rate"]


def test_a_network_of_several_quantiles_survives_its_files(
    make_panel: MakePanel, rows: np.ndarray, tmp_path: Path, plugged_in: None
) -> None:
    panel = make_panel(kind="forward_return")
    trained = final(panel, rows, parameters=PARAMETERS | {"loss": "pinball", "pinball_tail": 0.2})
    trained.save(tmp_path)
    loaded = TrainedNetwork.load(tmp_path)
    said, again = trained.forecast(panel, rows), loaded.forecast(panel, rows)
    assert said.levels == again.levels == (0.2, 0.5, 0.8)
    np.testing.assert_array_equal(said.quantiles, again.quantiles)
    output = predict(loaded.network, Windows(panel, L), rows, loaded.scaler)
    np.testing.assert_array_equal(again.score, output[:, 1].numpy())  # the median


def test_training_again_gives_the_same_network(panel: Panel, rows: np.ndarray, trained: TrainedNetwork) -> None:
    torch.rand(5)
    np.testing.assert_array_equal(scores(final(panel, rows), panel, rows), scores(trained, panel, rows))


def test_every_epoch_can_be_followed_and_changes_nothing(
    panel: Panel, rows: np.ndarray, trained: TrainedNetwork
) -> None:
    seen: list[tuple[int, int]] = []
    with following(lambda number, at_most: seen.append((number, at_most))):
        again = final(panel, rows)
    assert again.card == trained.card
    assert [number for number, _ in seen] == list(range(1, len(seen) + 1))
    assert len(seen) >= again.card["epochs"]
    assert len({at_most for _, at_most in seen}) == 1
    assert seen[-1][0] <= seen[-1][1]


def test_bars_after_the_rows_do_not_matter(panel: Panel, rows: np.ndarray, trained: TrainedNetwork) -> None:
    sealed = replace(panel, features=panel.features.copy(), target=panel.target.copy())
    later = panel.bar >= 150
    sealed.features[later] = 1e6
    sealed.target[later] = 1 - sealed.target[later]
    np.testing.assert_array_equal(scores(final(sealed, rows), panel, rows), scores(trained, panel, rows))


def test_card_says_where_the_network_comes_from(panel: Panel, rows: np.ndarray, trained: TrainedNetwork) -> None:
    assert trained.card["trial_number"] == 4
    assert trained.card["model_type"] == "mlp"
    assert trained.card["params"] == PARAMETERS
    assert (trained.card["train_rows"], trained.card["stop_rows"]) == (len(rows) - 40, 40)
    assert trained.card["trained_until"] == panel.timestamps[panel.label_end[rows].max()].isoformat()
    assert trained.card["label"] == {"kind": "direction", "horizon_bars": 1, "threshold": 0.0}
    assert trained.card["assets"] == list(panel.assets)
    assert trained.card["features"] == list(panel.feature_names)


def test_another_seed_gives_another_network_and_the_same_one_the_same_bits(
    panel: Panel, rows: np.ndarray, trained: TrainedNetwork
) -> None:
    again, other = final(panel, rows), final(panel, rows, seed=SEED + 1)
    assert (scores(again, panel, rows) == scores(trained, panel, rows)).all()
    assert not np.allclose(scores(other, panel, rows), scores(trained, panel, rows))
    assert (trained.card["settings"]["seed"], other.card["settings"]["seed"]) == (SEED, SEED + 1)


def test_features_and_assets_are_found_by_their_names(panel: Panel, rows: np.ndarray, trained: TrainedNetwork) -> None:
    expected = scores(trained, panel, rows)
    turned = replace(
        panel,
        features=np.ascontiguousarray(np.concatenate([panel.features[:, :1] * 7, panel.features[:, ::-1]], axis=1)),
        feature_names=("another", *reversed(panel.feature_names)),
        asset=panel.asset + 1,
        assets=("before", *panel.assets),
    )
    np.testing.assert_array_equal(scores(trained, turned, rows), expected)


def test_a_missing_feature_and_an_unknown_asset_are_refused_by_name(
    panel: Panel, rows: np.ndarray, trained: TrainedNetwork
) -> None:
    other = replace(panel, feature_names=("feature_0", "x", "feature_2"), assets=("asset_0", "asset_1", "NEW"))
    with pytest.raises(DataError) as refused:
        trained.forecast(other, rows)
    missing, unknown = refused.value.problems
    assert missing == "feature feature_1 must be there: mlp was trained on it. Add it."
    assert unknown.startswith("asset NEW must be one that mlp was trained on, got rows of it from 2020-01-0")
    of_known = rows[panel.asset[rows] < 2]
    known = replace(other, feature_names=panel.feature_names)
    np.testing.assert_array_equal(scores(trained, known, of_known), scores(trained, panel, of_known))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"windows": np.zeros((2, L + 1, 3))}, r"windows must be \d+ bars of 3 features \(feature_0, .*got \(2, "),
        ({"windows": np.full((2, L, 3), np.nan)}, "feature_0 must be finite, got nan in bar 0 of window 0 of asset_0"),
        ({"windows": np.zeros((2, L, 3)), "asset": np.array([0, 3])}, r"asset must be 0 to 2 \(asset_0, .*\[0, 3\]"),
        ({"windows": np.zeros((2, L, 3)), "asset": np.array([0])}, r"one number for each window, got \(1,\) for"),
    ],
)
def test_windows_of_another_kind_are_refused(trained: TrainedNetwork, change: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        trained.forecast_windows(change["windows"], change.get("asset", np.array([0, 1])))


def test_integers_and_doubles_are_windows_too(trained: TrainedNetwork) -> None:
    windows = np.ones((2, L, 3))
    expected = trained.forecast_windows(windows.astype("f4"), np.array([0, 1])).score
    np.testing.assert_array_equal(trained.forecast_windows(windows, np.array([0, 1], dtype="i4")).score, expected)


def test_a_network_that_blew_up_is_not_handed_over(make_panel: MakePanel, rows: np.ndarray) -> None:
    panel = make_panel(kind="forward_return")
    wild = PARAMETERS | {"learning_rate": 10.0, "hidden_layers": 16, "hidden_dim_2": 64}
    with pytest.raises(DivergedError, match="final training"):
        final(panel, rows, parameters=wild)


def same(one: TrainedNetwork, other: TrainedNetwork, panel: Panel) -> bool:
    rows = panel.rows((panel.all_bars,), L)
    described = [(n.architecture, n.decision, dict(n.card), n.scaler.clip) for n in (one, other)]
    return described[0] == described[1] and np.array_equal(scores(one, panel, rows), scores(other, panel, rows))


def test_a_network_of_an_earlier_version_is_refused_with_what_to_run(tmp_path: Path) -> None:
    save_file({"scaler.mean": np.zeros(2)}, tmp_path / MODEL_FILE, metadata={"description": '{"card": {}}'})
    with pytest.raises(DamagedFileError, match=r"an earlier version wrote it\. Run `kedro run --pipeline retraining`"):
        TrainedNetwork.load(tmp_path)


@pytest.mark.parametrize("model_type", NETWORKS)
def test_a_network_survives_its_files(panel: Panel, rows: np.ndarray, model_type: str, tmp_path: Path) -> None:
    trained = final(panel, rows, model_type, training=TRAINING.model_copy(update={"epochs": 1}))
    trained.save(tmp_path / "deep" / "folder")
    assert same(TrainedNetwork.load(tmp_path / "deep" / "folder"), trained, panel)


def test_files_hold_no_pickle(trained: TrainedNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was pickled")

    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    trained.save(tmp_path)
    TrainedNetwork.load(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network.json", "network.safetensors"]
    weights = (tmp_path / "network.safetensors").read_bytes()
    json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])  # a safetensors header, not a zip or pickle


def test_json_copy_tells_people_what_the_network_is(trained: TrainedNetwork, tmp_path: Path) -> None:
    trained.save(tmp_path)
    described = json.loads((tmp_path / "network.json").read_text())
    assert described["card"]["params"] == PARAMETERS
    assert described["threshold"] == trained.decision.threshold
    assert described["architecture"]["model_type"] == "mlp"


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(9))
def test_a_save_killed_at_any_step_leaves_one_whole_network(
    panel: Panel, trained: TrainedNetwork, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps: every change of the folder. The architectures are alike, so only their contents can tell."""
    newer = replace(
        trained,
        decision=Decision(99.0),
        scaler=Scaler(trained.scaler.mean + 1, trained.scaler.spread * 2, 5.0),
        card={**trained.card, "trial_number": 5},
    )
    trained.save(tmp_path)
    done = [0]

    def counted(name: str) -> Callable[..., Any]:
        original = getattr(Path, name)

        def call(*arguments: Any, **options: Any) -> Any:
            if done[0] == step:
                raise Killed
            done[0] += 1
            return original(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for name in ("mkdir", "write_text", "unlink", "replace"):
            patch.setattr(Path, name, counted(name))
        if step < 8:
            with pytest.raises(Killed):
                newer.save(tmp_path)
        else:
            newer.save(tmp_path)
            assert done[0] == 8
    left = TrainedNetwork.load(tmp_path)
    assert same(left, newer if step >= 3 else trained, panel)
    copy = tmp_path / "network.json"
    assert not copy.exists() or json.loads(copy.read_text())["threshold"] == left.decision.threshold
    newer.save(tmp_path)
    assert same(TrainedNetwork.load(tmp_path), newer, panel)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network.json", "network.safetensors"]
