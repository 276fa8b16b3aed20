"""The pipelines by name."""

from kedro.pipeline import Pipeline

from trading_hpo.pipelines import analysis, data_engineering, evaluation, hpo, retraining


def register_pipelines() -> dict[str, Pipeline]:
    """Return every pipeline; ``hpo`` brings data engineering along, which is reused while nothing changed."""
    data = data_engineering.create_pipeline()
    search = hpo.create_pipeline()
    stages = {
        "data_engineering": data,
        "hpo": data + search,
        "analysis": analysis.create_pipeline(),
        "retraining": retraining.create_pipeline(),
        "evaluation": evaluation.create_pipeline(),
    }
    return {**stages, "__default__": sum(stages.values(), Pipeline([]))}
