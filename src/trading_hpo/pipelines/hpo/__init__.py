from trading_hpo.pipelines.hpo.pipeline import create_pipeline

__all__ = ["create_pipeline"]
