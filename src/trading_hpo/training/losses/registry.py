"""Losses by name. The first that can learn a kind of target is what ``auto`` means for it."""

from trading_hpo.registry import Registry
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

LOSSES: Registry[type[Loss]] = Registry(
    "loss",
    {
        "focal": "trading_hpo.training.losses.focal:Focal",
        "cross_entropy": "trading_hpo.training.losses.cross_entropy:CrossEntropy",
        "mse": "trading_hpo.training.losses.mse:MeanSquaredError",
        "mae": "trading_hpo.training.losses.mae:MeanAbsoluteError",
        "huber": "trading_hpo.training.losses.huber:Huber",
        "log_cosh": "trading_hpo.training.losses.log_cosh:LogCosh",
        "asymmetric": "trading_hpo.training.losses.asymmetric:Asymmetric",
        "quantile": "trading_hpo.training.losses.quantile:Quantile",
        "mape": "trading_hpo.training.losses.mape:MeanAbsolutePercentageError",
        "sharpe": "trading_hpo.training.losses.sharpe:Sharpe",
        "trading": "trading_hpo.training.losses.trading:Trading",
        "joint": "trading_hpo.training.losses.joint:JointLoss",
    },
)


def part_losses(target_kind: TargetKind) -> tuple[str, ...]:
    """Return the names of the losses of one target that can be added up row by row: a logit or a value is learned."""
    heads = {"class": "logit", "number": "value"}
    return tuple(
        name
        for name in LOSSES
        if target_kind in LOSSES[name].target_kinds
        and LOSSES[name].additive
        and LOSSES[name]().head.kind == heads[target_kind]
    )
