from pathlib import Path
from urllib.parse import quote

import optuna
import pytest

from trading_hpo.engine.store import storage as storage_module
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StorageError


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///a/b.db", "sqlite:///a/b.db"),
        ("postgresql+psycopg://me:secret@host/studies", "postgresql+psycopg://me:***@host/studies"),
        ("postgresql+psycopg://me:sec{r}et@host/studies", "postgresql+psycopg://me:***@host/studies"),
        ("postgresql+psycopg://host/studies?user=me&password=secret", "postgresql+psycopg://host/studies?user=me&***"),
        ("postgresql+psycopg://me:Se{cr@et:se/cret@127.0.0.1:1/db", "***"),
        ("nonsense with secret", "***"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert StudyStorage(url).masked == shown
    assert "sec" not in repr(StudyStorage(url)) or "sqlite" in url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:s{e}cret@127.0.0.1:9/studies",  # nobody listens
        "postgresql+nodriver://me:secret@127.0.0.1/studies",
        "postgresql+psycopg://me:Se{cr@et:se/cret@127.0.0.1:1/db",
        "postgresql+psycopg://me:secret@127.0.0.1:abc/db",
        "postgresql+psycopg://127.0.0.1:9/db?user=me&password=secret",
        "nonsense:secret",
    ],
)
def test_a_storage_that_cannot_be_used_is_one_clean_error(url):
    with pytest.raises(StorageError) as refused:
        StudyStorage(url).check()
    assert "TRADING_HPO_STORAGE" in str(refused.value)
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize("special", ["#", "/", "?", "@", "[", " ", "\\", "1/", "1#", "@/"])
def test_a_password_that_is_not_escaped_is_not_shown_and_the_remedy_helps(special):
    password = f"cAnArY{special}cAnArY"
    url = "postgresql+psycopg://me:{}@127.0.0.1:9/studies"
    with pytest.raises(StorageError) as refused:
        StudyStorage(url.format(password), "MY_STUDIES").check()
    said = str(refused.value)
    assert "cAnArY" not in said + repr(StudyStorage(url.format(password)))
    assert said.startswith("MY_STUDIES must be a URL")
    assert "percent codes: %23 for #, %2F for /" in said
    assert refused.value.__cause__ is refused.value.__context__ is None
    with pytest.raises(StorageError, match=r"me:\*\*\*@127.0.0.1:9/studies cannot be used: .*onnection"):
        StudyStorage(url.format(quote(password, safe=""))).check()


def test_a_short_password_changes_no_other_word_of_a_message():
    with pytest.raises(StorageError) as refused:
        StudyStorage("postgresql+psycopg://me:a@127.0.0.1:9/database").check()
    assert "postgresql+psycopg://me:***@127.0.0.1:9/database cannot be used: " in str(refused.value)
    assert str(refused.value).count("***") == 1


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


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "studies.db"
    file.write_text("my notes, not a database, and long enough to look like one" * 50)
    before = file.read_bytes()
    with pytest.raises(StorageError, match="cannot be read as a study database"):
        StudyStorage(f"sqlite:///{file}").check()
    with pytest.raises(StorageError, match="cannot be written"):
        StudyStorage(f"sqlite:///{file}/studies.db").check()
    assert file.read_bytes() == before


MOUNTS = """/dev/vda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/me/fast tmpfs rw 0 0
//box/share /mnt/my\\040share cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/data/x.db", "ext4"),
        ("/home/me/studies.db", "nfs4"),
        ("/home/me/fast/studies.db", "tmpfs"),
        ("/mnt/my share/x", "cifs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_nearest_mount(tmp_path, path, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert storage_module.file_system(Path(path), mounts) == kind


def test_a_system_that_tells_no_mounts_is_not_asked(tmp_path):
    assert storage_module.file_system(tmp_path, tmp_path / "absent") == ""


def test_a_file_on_a_network_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(storage_module, "file_system", lambda path: "nfs4")
    with pytest.raises(StorageError, match=r"network file system \(nfs4\).*TRADING_HPO_STORAGE"):
        StudyStorage(f"sqlite:///{tmp_path / 'new' / 'studies.db'}").check()
    assert not list(tmp_path.iterdir())


def test_a_file_that_takes_the_place_of_another_is_looked_at_anew(tmp_path):
    """The tables of a file are looked at once in a process."""
    path = tmp_path / "studies.db"
    storage = StudyStorage(f"sqlite:///{path}")
    for name in ("first", "again"):
        optuna.create_study(storage=storage.open(), study_name=name)
    assert optuna.get_all_study_names(storage.open()) == ["first", "again"]
    for left in tmp_path.iterdir():
        left.unlink()
    assert optuna.get_all_study_names(storage.open()) == []
