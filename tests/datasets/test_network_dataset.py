from pathlib import Path

import pytest
import torch
from kedro.io import DatasetError

from trading_hpo.datasets.network import NetworkDataset
from trading_hpo.families.networks.architecture import Architecture
from trading_hpo.families.networks.final import TrainedNetwork
from trading_hpo.tasks.task import Decision
from trading_hpo.training.windows import Scaler


def network(threshold: float = 0.5) -> TrainedNetwork:
    architecture = Architecture("mlp", {"hidden_dim_1": 8, "hidden_dim_2": 4}, 2, 3, 1)
    scaler = Scaler(torch.zeros(2), torch.ones(2), 8.0)
    card = {"model_type": "mlp", "trial_number": 1, "head": {"kind": "logit", "levels": []}}
    return TrainedNetwork(architecture, architecture.build(), scaler, Decision(threshold), card)


@pytest.fixture
def dataset(tmp_path: Path) -> NetworkDataset:
    return NetworkDataset(filepath=str(tmp_path / "06_models" / "mlp"))


def test_a_saved_network_is_loaded(dataset: NetworkDataset) -> None:
    saved = network()
    dataset.save(saved)
    loaded = dataset.load()
    assert isinstance(loaded, TrainedNetwork)
    assert (loaded.decision, loaded.card, loaded.architecture) == (Decision(0.5), saved.card, saved.architecture)
    for name, weight in saved.network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], weight)


def test_a_skipped_model_is_a_note(dataset: NetworkDataset) -> None:
    dataset.save({"skipped": "not in models_to_optimize"})
    assert dataset.exists()
    assert dataset.load() == {"skipped": "not in models_to_optimize"}


def test_a_note_replaces_an_older_network(dataset: NetworkDataset, tmp_path: Path) -> None:
    dataset.save(network())
    dataset.save({"skipped": "no complete trial"})
    assert dataset.load() == {"skipped": "no complete trial"}
    assert [path.name for path in (tmp_path / "06_models" / "mlp").iterdir()] == ["skipped"]


def test_a_network_replaces_an_older_note_and_an_older_network(dataset: NetworkDataset) -> None:
    dataset.save({"skipped": "no complete trial"})
    for threshold in (0.1, 0.2):
        dataset.save(network(threshold))
        loaded = dataset.load()
        assert isinstance(loaded, TrainedNetwork)
        assert loaded.decision.threshold == threshold


def test_nothing_saved_is_a_skipped_network(dataset: NetworkDataset) -> None:
    assert not dataset.exists()
    assert dataset.load() == {"skipped": "not trained yet"}


@pytest.mark.parametrize("older", [{"skipped": "no complete trial"}, None])
def test_a_killed_save_never_passes_for_a_network(
    dataset: NetworkDataset, older: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if older:
        dataset.save(older)
    monkeypatch.setattr("trading_hpo.families.model_file.save", killed)
    with pytest.raises((KeyboardInterrupt, DatasetError)):
        dataset.save(network())
    assert not dataset.exists()


def test_a_note_is_not_left_beside_a_complete_network(dataset: NetworkDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed right after the weights were in place: they count, the older note does not."""
    replace = Path.replace

    def killed_after_weights(self: Path, target: Path) -> Path:
        if self.name.startswith("network.json"):
            raise KeyboardInterrupt
        return replace(self, target)

    dataset.save({"skipped": "no complete trial"})
    monkeypatch.setattr(Path, "replace", killed_after_weights)
    with pytest.raises((KeyboardInterrupt, DatasetError)):
        dataset.save(network())
    assert isinstance(dataset.load(), TrainedNetwork)


def test_description_shows_the_folder(dataset: NetworkDataset, tmp_path: Path) -> None:
    assert str(tmp_path / "06_models" / "mlp") in str(dataset)
