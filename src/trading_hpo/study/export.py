"""A study in a file that other programs read."""

import json
from pathlib import Path

import optuna
import yaml

from trading_hpo.errors import ConfigurationError
from trading_hpo.study.results import model_results, trials_table

ENDINGS = (".yml", ".yaml", ".json", ".csv", ".parquet")


def export_study(study: optuna.Study, model_type: str, storage: str, path: Path, top: int) -> None:
    """Write the best configurations, or all trials, by the ending of the file's name.

    Raises:
        ConfigurationError: The ending is not one of ``ENDINGS``.
    """
    if path.suffix not in ENDINGS:
        raise ConfigurationError([f"--to must end in {', '.join(ENDINGS)}, got {path.name!r}."])
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    if path.suffix == ".csv":
        trials_table(study).to_csv(draft, index=False)
    elif path.suffix == ".parquet":
        trials_table(study).to_parquet(draft)
    else:
        results = model_results(study, model_type, storage, top)
        text = json.dumps(results, indent=2, allow_nan=False)
        if path.suffix != ".json":
            # Through JSON: plain numbers and text only, in the order of the results.
            text = yaml.safe_dump(json.loads(text), sort_keys=False, allow_unicode=True)
        draft.write_text(text)
    draft.replace(path)
