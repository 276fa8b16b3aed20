"""A saved model is read as it was written, to the last bit, or not at all."""

from pathlib import Path

import numpy as np
import pytest

from trading_hpo.errors import DamagedFileError
from trading_hpo.families.family import load_model
from trading_hpo.families.model_file import MODEL_FILE, read_description, read_model, write_model

TENSORS = {
    "weight": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4),
    "steps": np.array(7),
    "empty": np.zeros((0, 2)),
}
DESCRIPTION = {"threshold": 1 / 3, "card": {"model_type": "mlp", "note": 'a "digest": "' + "f" * 64 + '"'}}
REFUSED = rf"(?s){MODEL_FILE} must .*Run `kedro run --pipeline retraining`: it is made anew\.$"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_model(tmp_path / "mlp", TENSORS, DESCRIPTION)
    return tmp_path / "mlp"


def test_a_model_survives_its_file(written: Path) -> None:
    description, tensors = read_model(written)
    assert {name: description[name] for name in DESCRIPTION} == DESCRIPTION
    assert read_description(written) == description
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert (tensors[name].dtype, tensors[name].shape) == (tensor.dtype, tensor.shape)
        np.testing.assert_array_equal(tensors[name], tensor)
    assert [path.name for path in written.iterdir()] == [MODEL_FILE]


def test_the_same_model_has_the_same_bytes(written: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "again", dict(reversed(TENSORS.items())), DESCRIPTION)
    assert (tmp_path / "again" / MODEL_FILE).read_bytes() == (written / MODEL_FILE).read_bytes()


def test_any_flipped_bit_is_refused(written: Path) -> None:
    path = written / MODEL_FILE
    whole = path.read_bytes()
    for place in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(DamagedFileError, match=REFUSED):
            read_model(written)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, b"PK\x03\x04 of another kind"])
def test_a_file_of_another_kind_is_refused(written: Path, content: bytes) -> None:
    (written / MODEL_FILE).write_bytes(content)
    for read in (read_model, read_description, load_model):
        with pytest.raises(DamagedFileError, match=REFUSED):
            read(written)


@pytest.mark.parametrize("change", [lambda whole: whole[:-1], lambda whole: whole + b"\0", lambda whole: whole[:200]])
def test_a_file_that_was_cut_or_has_grown_is_refused(written: Path, change) -> None:
    path = written / MODEL_FILE
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DamagedFileError, match=REFUSED):
        read_model(written)
