import pytest

from trading_hpo.errors import StorageError
from trading_hpo.search.storage import StudyStorage, masked_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///a/b.db", "sqlite:///a/b.db"),
        ("postgresql+psycopg://me:secret@host/studies", "postgresql+psycopg://me:***@host/studies"),
        ("postgresql+psycopg://me:sec{r}et@host/studies", "postgresql+psycopg://me:***@host/studies"),
        ("nonsense with secret", "***"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert masked_url(url) == shown
    assert "sec" not in repr(StudyStorage(url)) or "sqlite" in url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:s{e}cret@127.0.0.1:9/studies",  # nobody listens
        "postgresql+nodriver://me:secret@127.0.0.1/studies",
        "nonsense:secret",
    ],
)
def test_a_storage_that_cannot_be_used_is_one_clean_error(url):
    with pytest.raises(StorageError) as refused:
        StudyStorage(url).check()
    assert "TRADING_HPO_STORAGE" in str(refused.value)
    assert "cret" not in str(refused.value)


def test_checking_a_file_that_is_not_there_yet_makes_nothing(tmp_path):
    StudyStorage(f"sqlite:///{tmp_path}/new/studies.db").check()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        StudyStorage(f"sqlite:///{tmp_path}").check()


def test_a_lock_is_per_study_and_ends_with_its_block(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path}/studies.db")
    with (
        storage.exclusive("a"),
        storage.exclusive("b"),
        pytest.raises(StorageError, match="Study a is being searched"),
        storage.exclusive("a"),
    ):
        pass
    with storage.exclusive("a"):
        pass
