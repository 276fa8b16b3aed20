"""Splitters by name."""

from trading_hpo.registry import Registry
from trading_hpo.splits.splitter import Splitter

SPLITTERS: Registry[Splitter] = Registry(
    "splitter",
    {
        "walk_forward": "trading_hpo.splits.walk_forward:WALK_FORWARD",
        "blocked": "trading_hpo.splits.blocked:BLOCKED",
        "purged_kfold": "trading_hpo.splits.purged_kfold:PURGED_KFOLD",
        "combinatorial": "trading_hpo.splits.combinatorial:COMBINATORIAL",
    },
)
