"""Where the data of a dataset lie is known of every dataset in the catalog, whichever library it is from."""

from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog, MemoryDataset

from trading_hpo.datasets.files import file_of
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
