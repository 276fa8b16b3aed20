from trading_hpo.pipelines.audit.pipeline import create_pipeline

__all__ = ["create_pipeline"]
