import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.families.tabular.test_fold import PARAMETERS, TRAINING

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import DamagedFileError, DataError
from trading_hpo.families.family import FinalData, Rows, ServedModel, StudyData, load_model
from trading_hpo.families.model_file import MODEL_FILE, read_model, write_model
from trading_hpo.families.tabular.estimator_file import from_bytes, to_bytes
from trading_hpo.families.tabular.family import TABULAR
from trading_hpo.families.tabular.model import TrainedReference
from trading_hpo.splits.folds import FINAL
from trading_hpo.types import BarRange, Panel

MakePanel = Callable[..., Panel]
L, SEED = 5, 3
every_reference = pytest.mark.parametrize("model_type", PARAMETERS)
every_kind = pytest.mark.parametrize("kind", ["direction", "forward_return"])


def final(panel: Panel, model_type: str) -> TrainedReference:
    rows = panel.rows((BarRange(0, 150),), L)
    data = FinalData(model_type, panel, rows[:-40], rows[-40:], TRAINING, BacktestConfig(), SEED)
    return TABULAR.fit_final(PARAMETERS[model_type], data, {"trial_number": 4})


@pytest.fixture(scope="module", params=PARAMETERS)
def trained(request: pytest.FixtureRequest, make_panel: MakePanel) -> tuple[Panel, TrainedReference]:
    panel = make_panel()
    return panel, final(panel, request.param)


def later(panel: Panel) -> np.ndarray:
    return panel.rows((BarRange(150, 260),), L)


@every_reference
@every_kind
def test_a_reference_survives_its_file_with_every_bit(
    make_panel: MakePanel, model_type: str, kind: str, tmp_path: Path
) -> None:
    panel = make_panel(kind=kind)
    model = final(panel, model_type)
    model.save(tmp_path / "deep" / "folder")
    loaded = load_model(tmp_path / "deep" / "folder")
    rows = later(panel)
    said, again = model.forecast(panel, rows), loaded.forecast(panel, rows)
    np.testing.assert_array_equal(again.score, said.score)
    np.testing.assert_array_equal(again.expected, said.expected)
    assert (loaded.decision, dict(loaded.card)) == (model.decision, dict(model.card))
    assert isinstance(loaded, ServedModel)


def test_it_is_what_a_fold_with_the_same_rows_finds(trained: tuple[Panel, TrainedReference]) -> None:
    panel, model = trained
    rows, seen = panel.rows((BarRange(0, 150),), L), later(panel)
    data = StudyData(
        model.card["model_type"],
        panel,
        {FINAL: Rows(rows[:-40], rows[-40:], seen, seen)},
        TRAINING,
        BacktestConfig(),
        SEED,
    )
    (score,) = TABULAR.fit_fold(model.card["params"], FINAL, data, None, lambda: False)
    assert score.threshold == model.decision.threshold
    assert score.judged is not None
    np.testing.assert_array_equal(score.judged.forecast.score, model.forecast(panel, seen).score)


def test_its_card_says_where_it_comes_from(trained: tuple[Panel, TrainedReference]) -> None:
    panel, model = trained
    card = json.loads(json.dumps(dict(model.card)))
    assert card["trial_number"] == 4
    assert card["params"] == PARAMETERS[card["model_type"]]
    assert card["assets"] == list(panel.assets)
    assert card["stop_loss"] > 0
    iterations = [own.get("iterations") for own in card["targets"]]
    assert iterations == [None] if card["model_type"] == "linear" else iterations[0] > 1


def test_the_same_model_has_the_same_bytes(trained: tuple[Panel, TrainedReference], tmp_path: Path) -> None:
    panel, model = trained
    for name, one in (("one", model), ("again", final(panel, model.card["model_type"]))):
        one.save(tmp_path / name)
    assert (tmp_path / "one" / MODEL_FILE).read_bytes() == (tmp_path / "again" / MODEL_FILE).read_bytes()


def test_windows_have_the_bits_of_their_rows(trained: tuple[Panel, TrainedReference]) -> None:
    panel, model = trained
    rows = later(panel)
    windows = panel.features[rows[:, None] + np.arange(1 - L, 1)]
    for values in (windows, windows.astype("f8")):
        said = model.forecast_windows(values, panel.asset[rows])
        np.testing.assert_array_equal(said.score, model.forecast(panel, rows).score)


@pytest.mark.parametrize(
    ("shape", "asset", "said"),
    [
        ((2, L + 1, 3), [0, 1], r"windows must be 5 bars of 3 features .*, got \(2, 6, 3\)"),
        ((2, L, 3), [0, 3], "asset must be 0 to 2 .*, got"),
        ((2, L, 3), [0], "asset must be one number for each window"),
    ],
)
def test_windows_of_another_kind_are_refused(
    trained: tuple[Panel, TrainedReference], shape: tuple[int, ...], asset: list[int], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        trained[1].forecast_windows(np.zeros(shape), np.array(asset))


def test_features_and_assets_are_found_by_their_names(trained: tuple[Panel, TrainedReference]) -> None:
    panel, model = trained
    rows = later(panel)
    turned = replace(
        panel,
        features=np.ascontiguousarray(panel.features[:, ::-1]),
        feature_names=tuple(reversed(panel.feature_names)),
        asset=2 - panel.asset,
        assets=tuple(reversed(panel.assets)),
    )
    np.testing.assert_array_equal(model.forecast(turned, rows).score, model.forecast(panel, rows).score)


def test_scaling_is_told_by_name(trained: tuple[Panel, TrainedReference]) -> None:
    panel, model = trained
    scaling = model.scaling
    assert scaling["mean"].keys() == scaling["spread"].keys() >= set(panel.feature_names)
    train = panel.rows((BarRange(0, 150),), L)[:-40]
    assert scaling["mean"]["feature_1"] == pytest.approx(panel.features[train, 1].mean(dtype="f8"))


def test_no_forecast_of_no_rows_fails(trained: tuple[Panel, TrainedReference]) -> None:
    panel, model = trained
    assert model.forecast(panel, later(panel)[:0]).score.shape == (0,)


def test_files_hold_no_pickle(
    trained: tuple[Panel, TrainedReference], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was pickled")

    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    trained[1].save(tmp_path)
    TrainedReference.load(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network.json", MODEL_FILE]


def rewritten(folder: Path, change: Callable[[str], str]) -> None:
    """Change what the archive in a file says of itself, as somebody would who also corrects the digest."""
    description, tensors = read_model(folder)
    content = BytesIO()
    with ZipFile(BytesIO(tensors["estimators.skops"].tobytes())) as before, ZipFile(content, "w") as after:
        for name in before.namelist():
            own = before.read(name)
            after.writestr(name, change(own.decode()).encode() if name == "schema.json" else own)
    tensors["estimators.skops"] = np.frombuffer(content.getvalue(), dtype=np.uint8)
    del description["digest"]
    write_model(folder, tensors, description)


def test_a_file_with_a_type_that_is_not_ours_is_refused_before_anything_of_it_runs(
    trained: tuple[Panel, TrainedReference], tmp_path: Path
) -> None:
    model, mark = trained[1], tmp_path / "it ran"
    model.save(tmp_path)
    rewritten(tmp_path, lambda schema: schema)
    assert isinstance(load_model(tmp_path), TrainedReference)

    def harm(schema: str) -> str:
        state = json.loads(schema)
        call = {"__class__": "system", "__module__": "posix", "__loader__": "ObjectNode", "content": None}
        state["content"].append(
            call
            | {
                "content": {
                    "__class__": "str",
                    "__module__": "builtins",
                    "__loader__": "JsonNode",
                    "content": json.dumps(f"touch {mark}"),
                }
            }
        )
        return json.dumps(state)

    rewritten(tmp_path, harm)
    with pytest.raises(DamagedFileError, match=r"types that are trusted, got others: .*posix\.system.*it is made anew"):
        load_model(tmp_path)
    assert not mark.exists()


def test_an_estimator_of_another_model_type_is_refused(
    trained: tuple[Panel, TrainedReference], make_panel: MakePanel, tmp_path: Path
) -> None:
    panel, model = trained
    (other,) = PARAMETERS.keys() - {model.card["model_type"]}
    swapped = replace(model, fit=replace(model.fit, estimators=final(panel, other).fit.estimators))
    swapped.save(tmp_path)
    with pytest.raises(DamagedFileError, match=r"must hold .*, got (Hist|Logistic)"):
        load_model(tmp_path)


def test_trees_that_lead_out_of_themselves_are_refused(make_panel: MakePanel, tmp_path: Path) -> None:
    model = final(make_panel(), "gradient_boosting")
    model.fit.estimators[0]._predictors[0][0].nodes["left"][0] = 2**31
    model.save(tmp_path)
    with pytest.raises(DamagedFileError, match="trees whose nodes lead to nodes and columns that are there"):
        load_model(tmp_path)


def test_a_damaged_file_is_refused(trained: tuple[Panel, TrainedReference], tmp_path: Path) -> None:
    trained[1].save(tmp_path)
    content = bytearray((tmp_path / MODEL_FILE).read_bytes())
    content[-100] ^= 1
    (tmp_path / MODEL_FILE).write_bytes(content)
    with pytest.raises(DamagedFileError, match="must be as it was saved"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"), [(b"no archive", "an archive of skops"), (to_bytes([])[:-30], "an archive of skops")]
)
def test_what_is_no_archive_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(DamagedFileError, match=f"here must hold {said}"):
        from_bytes(content, "here")


def test_the_readable_copy_has_no_estimators(trained: tuple[Panel, TrainedReference], tmp_path: Path) -> None:
    trained[1].save(tmp_path)
    described = json.loads((tmp_path / "network.json").read_text())
    assert described["card"]["params"] == trained[1].card["params"]
    assert described["threshold"] == trained[1].decision.threshold
    assert "estimators.skops" in load_file(tmp_path / MODEL_FILE)
    assert len((tmp_path / "network.json").read_text()) < 10_000
