"""A command that refuses a URL or a credential does not show it; its message says where it is and what to write."""

import pytest

from trading_hpo.errors import ConfigurationError
from trading_hpo.parameters import Parameters

pytestmark = pytest.mark.slow
LONG = pytest.mark.long(part="secrets")
CANARY = "cAnArY"


def failed(done, *said):
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in text
    assert CANARY not in text
    for part in said:
        assert part in text
    return text


@pytest.mark.parametrize(("variable", "special"), [("TRADING_HPO_STORAGE", "@"), ("MLFLOW_TRACKING_URI", "#")])
def test_a_run_refuses_a_password_that_is_not_escaped(kedro, variable, special):
    scheme = "https" if variable.startswith("MLFLOW") else "postgresql+psycopg"
    done = kedro("run", "--env", "test", **{variable: f"{scheme}://me:{CANARY}{special}{CANARY}@host/db"})
    failed(done, f"{variable} must be a URL such as", "%23 for #")


def test_a_run_refuses_channels_of_messages_by_their_place(kedro):
    done = kedro("run", "--env", "test", TRADING_HPO_NOTIFY=f"tgram://{CANARY} nonsense://{CANARY}")
    failed(done, "TRADING_HPO_NOTIFY must list Apprise URLs")


@pytest.mark.parametrize("password", [CANARY, f"{CANARY}@{CANARY}"])
@pytest.mark.parametrize(
    ("group", "name", "wrap"),
    [
        ("source", None, str),
        ("hpo", "study_name", str),
        ("hpo", "models_to_optimize", str),
        ("hpo", "epochs", str),
        ("hpo", "warm_start", lambda url: [[url]]),
        ("labels", "kind", str),
        ("hpo", "start_from", lambda url: {"own": [url]}),
    ],
)
def test_a_url_in_the_place_of_another_value_is_not_shown(group, name, wrap, password):
    value = wrap(f"postgresql://me:{password}@host/db")
    with pytest.raises(ConfigurationError) as refused:
        Parameters.of({"scenario": "base", "source": "sp500_20", group: value if name is None else {name: value}})
    assert CANARY not in str(refused.value)
    assert "***" in str(refused.value)


def test_a_url_that_was_typed_as_a_parameter_is_not_shown(kedro):
    done = kedro("run", "--env", "test", "--params", f"source=postgresql://me:{CANARY}@host/db")
    failed(done, "unknown source 'postgresql://me:***@host/db'. Known: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"own:\n  password: 'x${{{CANARY}'\n", "the credentials in"),
        pytest.param(f"own:\n  password: ${{{CANARY}}}\n", "the credentials in", marks=LONG),
        pytest.param(f"own: [{CANARY}\n", "the credentials in", marks=LONG),
        (f"study_storage:\n  url: postgresql://me:{CANARY}@host/db\n", "environment_variable and nothing else"),
    ],
)
def test_credentials_that_cannot_be_read_are_not_shown(kedro, project, text, said):
    (project / "conf/local").mkdir(exist_ok=True)
    (project / "conf/local/credentials.yml").write_text(text)
    failed(kedro("run"), said)


@pytest.mark.parametrize("password", [CANARY, f"{CANARY}#{CANARY}"])
def test_a_password_on_the_command_line_of_the_dashboard_is_refused(kedro, password):
    done = kedro("study", "dashboard", "--storage", f"postgresql+psycopg://me:{password}@host/db")
    failed(done, "--storage must be a URL without a password", "Put it into TRADING_HPO_STORAGE instead.")


def test_a_storage_that_cannot_be_read_is_not_shown_by_commands_about_studies(kedro):
    storage = {"TRADING_HPO_STORAGE": f"postgresql+psycopg://me:{CANARY}#{CANARY}@host/db"}
    failed(kedro("study", "dashboard", **storage), "TRADING_HPO_STORAGE must be a URL such as")
    listed = kedro("study", "list", **storage)
    assert "TRADING_HPO_STORAGE must be a URL" in " ".join((listed.stdout + listed.stderr).split())
    assert CANARY not in listed.stdout + listed.stderr
