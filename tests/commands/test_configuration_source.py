"""Configuration is found where Kedro finds it: in a folder or in an archive, in the environment that counts."""

import shutil
import tarfile

import pytest
from kedro.framework.project import configure_project
from tests.makers.projects import ROOT

from trading_hpo.commands.configuration_source import chosen_environment, configuration, environments
from trading_hpo.commands.ledgers import trial_ledgers
from trading_hpo.errors import ConfigurationError

# Kedro calls what OmegaConf has announced to drop.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")


@pytest.fixture(autouse=True)
def configured():
    configure_project("trading_hpo")


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    """A folder elsewhere."""
    folder = tmp_path_factory.mktemp("elsewhere") / "conf"
    shutil.copytree(ROOT / "conf", folder)
    return folder


@pytest.fixture(params=["folder", "tar.gz", "tar", "zip"])
def source(request, conf, tmp_path):
    """The same configuration as what --conf-source takes."""
    if request.param == "folder":
        return str(conf)
    if request.param == "zip":
        return shutil.make_archive(str(tmp_path / "conf"), "zip", conf.parent, "conf")
    path = tmp_path / f"conf.{request.param}"
    with tarfile.open(path, "w:" if request.param == "tar" else "w:gz") as archive:
        archive.add(conf, "conf")
    return str(path)


def test_every_form_has_the_same_environments_and_values(source):
    loader = configuration(source, "test", {"hpo": {"n_trials": 7}})
    assert environments(loader) == sorted(path.name for path in (ROOT / "conf").iterdir() if path.is_dir())
    assert loader["globals"]["scenario"] == "test"
    assert loader["parameters"]["hpo"]["n_trials"] == 7
    assert loader["parameters"]["folds"]["n_folds"] == 2


def test_an_unknown_environment_is_refused_in_every_form(source):
    with pytest.raises(ConfigurationError, match=r"unknown environment 'tets'\. Did you mean 'test'\?"):
        configuration(source, "tets")


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    for name in ("conf.tar.gz", "conf.zip", "conf.tar"):
        (tmp_path / name).write_text("no archive")
        with pytest.raises(ConfigurationError, match="must be a folder or an archive of one"):
            configuration(str(tmp_path / name), None)


def test_many_folders_are_not_all_listed_and_no_password_of_a_source_is_shown(tmp_path):
    for number in range(500):
        (tmp_path / f"folder_{number}").mkdir()
    with pytest.raises(ConfigurationError, match="and 490 more") as refused:
        configuration(str(tmp_path), None)
    assert len(str(refused.value)) < 1000
    with pytest.raises(ConfigurationError) as refused:
        configuration("nowhere://me:secret@127.0.0.1:9/conf", None)
    assert "secret" not in str(refused.value)
    assert "me:***@127.0.0.1" in str(refused.value)


def test_a_configuration_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"does not exist\. Give --conf-source another"):
        configuration(str(tmp_path / "nowhere"), None)


def test_a_folder_without_the_base_environment_is_refused(tmp_path):
    (tmp_path / "other").mkdir()
    with pytest.raises(ConfigurationError, match="must have a folder 'base'"):
        configuration(str(tmp_path), None)


def test_without_conf_local_an_environment_must_be_named(conf, tmp_path):
    shutil.copytree(conf, tmp_path / "conf", ignore=shutil.ignore_patterns("local"))
    with pytest.raises(ConfigurationError, match=r"must have a folder 'local'.*name an environment with --env"):
        configuration(str(tmp_path / "conf"), None)
    assert configuration(str(tmp_path / "conf"), "test")["globals"]["scenario"] == "test"


def test_the_option_counts_more_than_the_variable(monkeypatch):
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    assert chosen_environment(None) is None
    monkeypatch.setenv("KEDRO_ENV", "test")
    assert chosen_environment(None) == "test"
    assert chosen_environment("standard") == "standard"
    monkeypatch.setenv("KEDRO_ENV", "")
    assert chosen_environment(None) is None


def test_the_first_trial_ledger_is_that_of_the_environment_that_counts(conf, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no project: data lie where the command is typed
    shared, of_test = tmp_path / "data/trial_ledger.jsonl", tmp_path / "data/test/trial_ledger.jsonl"
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    assert trial_ledgers(str(conf)) == [shared, of_test]
    monkeypatch.setenv("KEDRO_ENV", "test")
    assert trial_ledgers(str(conf)) == [of_test, shared]
