"""Losses by name. The first that can learn a kind of target is what ``auto`` means for it."""

from trading_hpo.registry import Registry
from trading_hpo.training.losses.loss import Loss

LOSSES: Registry[type[Loss]] = Registry(
    "loss",
    {
        "focal": "trading_hpo.training.losses.focal:Focal",
        "cross_entropy": "trading_hpo.training.losses.cross_entropy:CrossEntropy",
        "mse": "trading_hpo.training.losses.mse:MeanSquaredError",
        "mae": "trading_hpo.training.losses.mae:MeanAbsoluteError",
    },
)
