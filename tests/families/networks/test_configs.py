import subprocess
import sys

import pytest
from pydantic import ValidationError

from trading_hpo.families.registry import MODEL_TYPES

CONFIGS = {name: MODEL_TYPES[name].config for name in MODEL_TYPES}


@pytest.mark.parametrize(
    "module",
    [
        *(MODEL_TYPES[name].config.__module__ for name in MODEL_TYPES),
        "trading_hpo.families.family",
        "trading_hpo.study.search",
        "trading_hpo.study.evaluation",
        "trading_hpo.training.config",
        "trading_hpo.study.config",
        "trading_hpo.parameters",
    ],
)
def test_reading_a_configuration_imports_no_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("model_type", CONFIGS)
def test_every_size_has_a_default(model_type: str) -> None:
    CONFIGS[model_type]()


@pytest.mark.parametrize("model_type", CONFIGS)
def test_a_parameter_of_another_name_is_refused(model_type: str) -> None:
    with pytest.raises(ValidationError, match="hiden_dim"):
        CONFIGS[model_type](hiden_dim=3)


@pytest.mark.parametrize(
    ("model_type", "name"),
    [(model_type, name) for model_type, config in CONFIGS.items() for name in config.model_fields],
)
def test_no_parameter_may_be_negative(model_type: str, name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        CONFIGS[model_type](**{name: -1})


@pytest.mark.parametrize("model_type", CONFIGS)
def test_dropping_everything_out_is_refused(model_type: str) -> None:
    with pytest.raises(ValidationError, match="dropout_rate"):
        CONFIGS[model_type](dropout_rate=1.0)
