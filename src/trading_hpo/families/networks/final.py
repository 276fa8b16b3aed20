"""The last training of a configuration, on everything before the holdout, and the network it leaves."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from trading_hpo.families.judgement import forecast_of, truth_of
from trading_hpo.families.networks.architecture import Architecture
from trading_hpo.families.networks.fold import DivergedError, Recipe, choose_threshold, score_of, target_spread
from trading_hpo.tasks.head import LOGIT, Head
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.loop import fit, predict
from trading_hpo.training.machine import use_one_thread
from trading_hpo.training.schedules.replay import Replay
from trading_hpo.training.seeding import RandomStream, fold_seed
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import Panel

FINAL_FOLD = -1  # seeds the final training; no fold has this number


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with everything that is needed to use it.

    Attributes:
        architecture: Rebuilds it.
        network: With its weights.
        scaler: Of its train rows.
        threshold: Above which the positive class is called.
        card: Where it comes from: study, trial, parameters, epochs, train rows.
        head: What its outputs mean.
    """

    architecture: Architecture
    network: nn.Module
    scaler: Scaler
    threshold: float
    card: Mapping[str, Any]
    head: Head = LOGIT

    def score(self, panel: Panel, rows: Int[np.ndarray, " N"], device: str = "cpu") -> Float[np.ndarray, " N"]:
        """Return the score of every row."""
        windows = Windows(panel, self.architecture.window_bars, device)
        return score_of(predict(self.network.to(device), windows, rows, self.scaler.to(device)), self.head)

    @torch.inference_mode()
    def score_windows(
        self, windows: Float[np.ndarray, "B L F"], asset: Int[np.ndarray, " B"]
    ) -> Float[np.ndarray, " B"]:
        """Return the score of windows of unscaled features that are in no panel, oldest bar first."""
        self.network.eval()
        batch = torch.tensor(windows, dtype=torch.float32)  # a copy: the scaler works in place
        return score_of(self.network(self.scaler(batch), torch.from_numpy(asset.astype(np.int64))), self.head)

    def forecast(self, score: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
        """Return scores in the target's units: the probability of the positive class, or the number itself."""
        return forecast_of(
            "classification" if self.card.get("target_spread") is None else "regression", score, self.unit
        )

    @property
    def unit(self) -> float:
        """Of the scores of a number, in the target's."""
        return self.card.get("target_spread") or 1.0

    def save(self, folder: Path) -> None:
        """Write ``network.safetensors``, complete or not at all, and ``network.json`` for people to read.

        All that ``load`` needs is in the first: weights never meet another network's scaler or threshold.
        """
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"network.{name}": tensor.contiguous() for name, tensor in self.network.state_dict().items()}
        tensors |= {"scaler.mean": self.scaler.mean, "scaler.spread": self.scaler.spread}
        description = {
            "architecture": asdict(self.architecture),
            "threshold": self.threshold,
            "clip_sigma": self.scaler.clip,
            "head": asdict(self.head),
            "card": dict(self.card),
        }
        text = json.dumps(description, indent=2)
        draft, draft_json = folder / "network.safetensors.part", folder / "network.json.part"
        save_file(tensors, draft, metadata={"description": text})
        draft_json.write_text(text)
        # Killed in between, there is no readable copy rather than the older network's.
        (folder / "network.json").unlink(missing_ok=True)
        draft.replace(folder / "network.safetensors")
        draft_json.replace(folder / "network.json")

    @staticmethod
    def load(folder: Path) -> "TrainedNetwork":
        """Read what ``save`` wrote."""
        with safe_open(folder / "network.safetensors", framework="pt") as file:
            description = json.loads(file.metadata()["description"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        architecture = Architecture(**description["architecture"])
        network = architecture.build()
        network.load_state_dict(
            {name.removeprefix("network."): t for name, t in tensors.items() if name.startswith("network.")}
        )
        scaler = Scaler(tensors["scaler.mean"], tensors["scaler.spread"], description["clip_sigma"])
        head = description.get("head", {"kind": "logit"})  # older ones have one output, which is the score
        head = Head(head["kind"], tuple(head.get("levels", ())))
        return TrainedNetwork(architecture, network, scaler, description["threshold"], description["card"], head)


def train_final(
    model_type: str,
    parameters: Mapping[str, Any],
    folds: list[dict[str, Any]],
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    latest_rows: Int[np.ndarray, " N"],
    training: TrainingConfig,
    seed: int,
    card: Mapping[str, Any],
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainedNetwork:
    """Train a configuration on all rows before the holdout.

    Epochs are the median of the folds' stopped epochs: nothing is left to stop on. For the same reason the learning
    rate of each epoch is the median over the folds. The threshold follows the same rule as in the folds, on the latest
    rows; a prevalence needs no scores that training has not seen.

    **Looks ahead:** label only, of the rows given.

    Args:
        model_type: Name in the registry.
        parameters: Of the trial.
        folds: What the trial left per fold.
        panel: The data.
        rows: Samples before the holdout, purged against it.
        latest_rows: The last of them, as many bars as a fold keeps for stopping; they set the threshold.
        training: What all trials shared.
        seed: Of the study.
        card: Goes with the network.
        should_stop: Asked before every batch.

    Raises:
        DivergedError: A weight is not finite.
        Interrupted: ``should_stop`` said yes.
    """
    use_one_thread()  # as the folds were trained: another number may round differently
    recipe = Recipe.of(model_type, parameters, panel, training, seed)
    epochs = int(np.median([fold["stopped_epoch"] for fold in folds]))
    stream = RandomStream(fold_seed(seed, FINAL_FOLD, parameters))
    network = recipe.build(stream)
    scaler = Scaler.fit(panel, rows, training.clip_sigma).to(training.device)
    windows = Windows(panel, recipe.architecture.window_bars, training.device)
    for _ in fit(
        network,
        windows,
        rows,
        scaler,
        recipe.targets(panel, rows),
        replace(recipe.components, schedule=Replay.of(folds, recipe.chosen.learning_rate)),
        epochs=max(epochs, 1),
        batch_size=recipe.chosen.batch_size,
        learning_rate=recipe.chosen.learning_rate,
        stream=stream,
        max_windows=training.max_windows_per_epoch,
        should_stop=should_stop,
    ):
        pass
    if not all(bool(torch.isfinite(weight).all()) for weight in network.parameters()):
        raise DivergedError("a weight was not finite after the final training")
    output = predict(network, windows, latest_rows, scaler, training.eval_batch_size, should_stop)
    head = recipe.components.loss.head
    threshold = choose_threshold(training.threshold, truth_of(panel, latest_rows), score_of(output, head))
    full_card = {
        **card,
        "model_type": model_type,
        "params": dict(parameters),
        "settings": {**training.model_dump(mode="json", exclude={"device", "eval_batch_size"}), "seed": seed},
        "epochs": max(epochs, 1),
        "train_rows": len(rows),
        "assets": list(panel.assets),
        "features": list(panel.feature_names),
        "target_spread": target_spread(panel, rows),
        "torch": torch.__version__,
    }
    return TrainedNetwork(recipe.architecture, network.cpu(), scaler.to("cpu"), threshold, full_card, head)
