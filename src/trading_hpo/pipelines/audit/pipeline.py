"""The audit of the prepared data, on request."""

from kedro.pipeline import Pipeline, node

from trading_hpo.pipelines.audit.nodes import audit_data
from trading_hpo.pipelines.namespaces import stage
from trading_hpo.runner.reusing import LIVE

_SETTINGS = ["assets", "sources", "source", "features", "labels", "folds", "holdout", "training.clip_sigma"]
_PREPARED = ["window_bars", "panel", "folds", "prepared"]


def create_pipeline() -> Pipeline:
    """Return the graph of the audit."""
    inputs = ["raw_bars", *(f"params:{name}" for name in _SETTINGS), *_PREPARED, "params:data_terms"]
    return stage("audit", [node(audit_data, inputs, "audits", name="audit_data", tags=[LIVE])])
