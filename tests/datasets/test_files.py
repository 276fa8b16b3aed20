"""Where the data of a dataset lie is known of every dataset in the catalog, whichever library it is from."""

from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog, MemoryDataset

from trading_hpo.datasets.files import ABSENT, FileDigests, file_of
from trading_hpo.settings import CONFIG_LOADER_ARGS

# kedro registers its resolvers by a name that omegaconf has since deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

CONF = Path(__file__).parents[2] / "conf"
ELSEWHERE = {"raw_bars", "study_storage", "kept_panels"}  # several files, a server perhaps


def test_every_dataset_of_the_catalog_has_its_file():
    loader = OmegaConfigLoader(str(CONF), env="test", **CONFIG_LOADER_ARGS)
    catalog = DataCatalog.from_config(loader["catalog"], loader["credentials"])
    names = {name.format(model="mlp", name="history") for name in loader["catalog"] if not name.startswith("_")}
    assert len(names) > 20
    for name in names:
        file, declared = file_of(catalog[name]), loader["catalog"]
        assert (file is None) == (name in ELSEWHERE), name
        assert file is None or str(file).startswith("data/test/"), (name, declared)


def test_what_lives_in_memory_has_none():
    assert file_of(MemoryDataset(1)) is None


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "network" / "deep").mkdir(parents=True)
    (tmp_path / "network" / "a").write_bytes(b"weights")
    (tmp_path / "network" / "deep" / "b").write_bytes(b"card")
    return tmp_path / "network"


def flip(folder):
    content = bytearray((folder / "a").read_bytes())
    content[3] ^= 1
    (folder / "a").write_bytes(content)


CHANGES = {
    "a flipped bit": flip,
    "another name": lambda folder: (folder / "a").rename(folder / "c"),
    "another place": lambda folder: (folder / "a").rename(folder / "deep" / "a"),
    "one more": lambda folder: (folder / "c").write_bytes(b""),
    "one less": lambda folder: (folder / "deep" / "b").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_in_a_folder_changes_its_digest(folder, change):
    digests = FileDigests()
    before = digests.of(folder)
    change(folder)
    assert digests.of(folder) != before


def test_a_file_written_again_with_the_same_bytes_has_the_same_digest(folder):
    before = FileDigests().of(folder / "a")
    (folder / "a").write_bytes(b"weights")
    assert FileDigests().of(folder / "a") == before


def test_a_file_is_read_once_while_it_stays_as_it_is(folder, monkeypatch):
    digests = FileDigests()
    first = digests.of(folder / "a")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", None)
        assert digests.of(folder / "a") == first


def test_what_is_not_there_is_absent(tmp_path):
    assert FileDigests().of(tmp_path / "nothing") == ABSENT
