"""The last training of a configuration, up to the holdout, and the network it leaves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from trading_hpo.families.family import FinalData, as_trained
from trading_hpo.families.model_file import read_model, write_readable
from trading_hpo.families.networks.architecture import Architecture
from trading_hpo.families.networks.fitting import Fitting, Recipe
from trading_hpo.families.window_input import check_windows
from trading_hpo.market.trailing_volatility import trailing_volatility
from trading_hpo.splits.folds import FINAL
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.following import epoch_ended
from trading_hpo.training.loop import predict
from trading_hpo.training.machine import use_one_thread
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import Panel

TARGET_VOLATILITY = "target_volatility"  # of a card: of a network whose positions are in risk


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with everything that is needed to use it.

    Attributes:
        architecture: Rebuilds it.
        network: With its weights.
        scaler: Of its train rows.
        decision: How its forecasts become calls.
        card: Where it comes from: study, trial, parameters, epochs, train rows; and what its outputs stand for: label,
            head, unit, and the target volatility of positions in risk.
    """

    architecture: Architecture
    network: nn.Module
    scaler: Scaler
    decision: Decision
    card: Mapping[str, Any]

    requirements: ClassVar[tuple[str, ...]] = ("torch",)

    @property
    def window_bars(self) -> int:
        """L."""
        return self.architecture.window_bars

    @property
    def scaling(self) -> dict[str, Any]:
        """How features are scaled, by name."""
        return {
            "mean": dict(zip(self.card["features"], self.scaler.mean.tolist(), strict=True)),
            "spread": dict(zip(self.card["features"], self.scaler.spread.tolist(), strict=True)),
            "clip_sigma": self.scaler.clip,
        }

    def forecast(self, panel: Panel, rows: Int[np.ndarray, " N"], device: str = "cpu") -> Forecast:
        """Return what the network says of rows; features and assets of the panel are found by their names.

        **Looks ahead:** never; a position in risk is sized by the volatility that is known at its row.

        Raises:
            DataError: A feature or an asset is not the network's.
        """
        windows = Windows(as_trained(panel, rows, self.card), self.architecture.window_bars, device)
        output = predict(self.network.to(device), windows, rows, self.scaler.to(device))
        forecast = self._read(output.cpu().numpy())
        if TARGET_VOLATILITY not in self.card:
            return forecast
        return forecast.sized(self.card[TARGET_VOLATILITY], trailing_volatility(panel)[rows])

    @torch.inference_mode()
    def forecast_windows(self, windows: Float[np.ndarray, "B L F"], asset: Int[np.ndarray, " B"]) -> Forecast:
        """Return what the network says of windows of unscaled features that are in no panel, oldest bar first.

        A position that was learned in risk stays so: windows do not say how much their asset has moved.

        Raises:
            DataError: The windows have another length or other features, a value is not finite, or there is no such
                asset.
        """
        check_windows(windows, asset, self.window_bars, self.card)
        self.network.eval()
        batch = torch.tensor(windows, dtype=torch.float32)  # a copy: the scaler works in place
        return self._read(self.network(self.scaler(batch), torch.from_numpy(asset.astype(np.int64))).numpy())

    def _read(self, output: Float[np.ndarray, "B O"]) -> Forecast:
        head = Head.of(self.card["head"])
        return task_of(self.card["label"]).forecast(output, head, np.array(self.card["unit"], dtype=np.float32))

    def save(self, folder: Path) -> None:
        """Write ``network.safetensors``, complete or not at all, and ``network.json`` for people to read.

        All that ``load`` needs is in the first: weights never meet another network's scaler or threshold.
        """
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {"scaler.mean": self.scaler.mean, "scaler.spread": self.scaler.spread}
        description = {
            "architecture": asdict(self.architecture),
            **asdict(self.decision),
            "clip_sigma": self.scaler.clip,
            "card": dict(self.card),
        }
        write_readable(folder, {name: tensor.contiguous().numpy() for name, tensor in tensors.items()}, description)

    @staticmethod
    def load(folder: Path) -> "TrainedNetwork":
        """Read what ``save`` wrote.

        Raises:
            DamagedFileError: The file is not as it was saved, or an earlier version wrote it.
        """
        description, arrays = read_model(folder)
        tensors = {name: torch.tensor(array) for name, array in arrays.items()}
        architecture = Architecture(**description["architecture"])
        network = architecture.build()
        network.load_state_dict(
            {name.removeprefix("network."): t for name, t in tensors.items() if name.startswith("network.")}
        )
        scaler = Scaler(tensors["scaler.mean"], tensors["scaler.spread"], description["clip_sigma"])
        decision = Decision(description["threshold"])
        return TrainedNetwork(architecture, network, scaler, decision, description["card"])


def train_final(data: FinalData, parameters: Mapping[str, Any], card: Mapping[str, Any]) -> TrainedNetwork:
    """Train a configuration on the train rows and keep the epoch that is best on the stop rows.

    **Looks ahead:** label only, of the rows given; weights and scaler see train rows, epochs and threshold stop rows.

    Args:
        data: The rows.
        parameters: Of the trial.
        card: Goes with the network.

    Raises:
        DivergedError: A loss or an output is not finite.
    """
    use_one_thread()  # as the folds were trained: another number may round differently
    recipe = Recipe.of(data.model_type, parameters, data.panel, data.training, data.seed)
    windows = Windows(data.panel, recipe.architecture.window_bars, data.training.device)
    fitting = Fitting(recipe, data.panel, windows, FINAL, data.train, data.stop)
    rates = []
    for epoch in fitting.epochs(data.backtest, lambda: False, data.benchmark):
        epoch_ended(epoch.number, data.training.epochs)
        rates.append(epoch.learning_rate)
        if epoch.is_best:
            best, weights = epoch, {name: part.clone() for name, part in fitting.network.state_dict().items()}
    fitting.network.load_state_dict(weights)
    full_card = {
        **card,
        **data.card(),
        "params": dict(parameters),
        "epochs": best.number,
        "stop_loss": best.stop_loss,
        "learning_rates": rates[: best.number],
        "head": recipe.head.plain(),
        "unit": fitting.unit.tolist(),
        **({} if fitting.target_volatility is None else {TARGET_VOLATILITY: fitting.target_volatility}),
        "torch": torch.__version__,
    }
    return TrainedNetwork(
        recipe.architecture, fitting.network.cpu(), fitting.scaler.to("cpu"), best.decision, full_card
    )
