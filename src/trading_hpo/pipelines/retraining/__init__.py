from trading_hpo.pipelines.retraining.pipeline import create_pipeline

__all__ = ["create_pipeline"]
