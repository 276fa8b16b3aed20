"""The pipelines by name."""

import warnings

from kedro.pipeline import Pipeline

from trading_hpo.pipelines import analysis, data_engineering, evaluation, hpo, retraining


def register_pipelines() -> dict[str, Pipeline]:
    """Return every pipeline; ``hpo`` brings data engineering along, which is reused while nothing changed."""
    with warnings.catch_warnings():
        # A dataset's dot is its model type's namespace; Kedro looks for the stage's in front of it.
        warnings.filterwarnings("ignore", message="One or more dataset names contain '.' characters")
        data = data_engineering.create_pipeline()
        stages = {
            "data_engineering": data,
            "hpo": data + hpo.create_pipeline(),
            "analysis": analysis.create_pipeline(),
            "retraining": retraining.create_pipeline(),
            "evaluation": evaluation.create_pipeline(),
        }
    return {**stages, "__default__": sum(stages.values(), Pipeline([]))}
