"""Pages for a browser on this machine: whoever lets another name point to it gets nothing."""

import asyncio
from wsgiref.util import setup_testing_defaults

import optuna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trading_hpo.commands import pages
from trading_hpo.commands.pages import REFUSED, LocalASGI, LocalWSGI, is_local

# The dashboard imports scikit-learn, which MLflow watches by a loader of the old kind once it was used in a process.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*exec_module:ImportWarning"),
    pytest.mark.filterwarnings("ignore:.*load_module:DeprecationWarning"),
]

LOCAL = ["127.0.0.1:8080", "127.0.0.1", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"]
FOREIGN = [
    "rebound.example:8080",
    "127.0.0.1.rebound.example",
    "localhost.rebound.example:8080",
    "192.168.rebound.example",
    "127.0.0.1:8080@rebound.example",
    "127.0.0.1:8080\nx",
    "",
]


@pytest.mark.parametrize("host", LOCAL)
def test_this_machine_is_known_by_its_names(host):
    assert is_local(host, "")
    assert is_local(host, f"http://{host}")


@pytest.mark.parametrize("host", FOREIGN)
def test_other_names_are_refused(host):
    assert not is_local(host, "")


@given(st.from_regex(r"[a-z0-9.:\[\]-]{1,30}", fullmatch=True))
@example("localhost.")
def test_no_name_is_taken_that_somebody_could_own(host):
    name = host.rpartition(":")[0] or host
    if is_local(host, ""):
        assert name in {"127.0.0.1", "localhost", "[::1]"}


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8080"]
)
def test_a_page_of_another_server_is_refused(origin):
    assert not is_local("127.0.0.1:8080", origin)


def wsgi_answer(app, path, **headers):
    environ = {"PATH_INFO": path, "HTTP_ACCEPT_ENCODING": ""}
    setup_testing_defaults(environ)
    said = []
    body = b"".join(app(environ | headers, lambda status, _headers, _info=None: said.append(status)))
    return said[0], body


def test_the_optuna_dashboard_answers_this_machine_alone():
    from optuna_dashboard import wsgi

    storage = optuna.storages.InMemoryStorage()
    optuna.create_study(study_name="own", storage=storage)
    plain, guarded = wsgi(storage), LocalWSGI(wsgi(storage))
    rebound = {"HTTP_HOST": "rebound.example:8080"}
    assert b"own" in wsgi_answer(plain, "/api/studies", **rebound)[1]  # so it needs a guard
    assert wsgi_answer(guarded, "/api/studies", **rebound) == ("403 Forbidden", REFUSED)
    assert wsgi_answer(guarded, "/api/studies", HTTP_HOST="127.0.0.1", HTTP_ORIGIN="null") == ("403 Forbidden", REFUSED)
    assert b"own" in wsgi_answer(guarded, "/api/studies", HTTP_HOST="127.0.0.1:8080")[1]


def asgi_sent(kind, **headers):
    sent = []

    async def app(scope, receive, send):
        await send({"type": "reached"})

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    asyncio.run(LocalASGI(app)(scope, None, send))
    return sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_request_and_a_socket_reach_an_application_from_this_machine_alone(kind):
    reached = [{"type": "reached"}]
    assert asgi_sent(kind, host="127.0.0.1:4141", origin="http://127.0.0.1:4141") == reached
    for headers in ({"host": "rebound.example"}, {"host": "127.0.0.1", "origin": "https://elsewhere.example"}, {}):
        sent = asgi_sent(kind, **headers)
        assert sent[0].get("status", sent[0].get("code")) == {"http": 403, "websocket": 1008}[kind]
        assert reached[0] not in sent


def test_an_application_is_started_and_ended():
    assert asgi_sent("lifespan") == [{"type": "reached"}]


def test_the_dashboard_is_served_on_this_machine_behind_the_guard(monkeypatch):
    served = {}
    monkeypatch.setattr("bottle.run", lambda app, **options: served.update(app=app, **options))
    pages.serve_dashboard(optuna.storages.InMemoryStorage(), 8080)
    assert isinstance(served.pop("app"), LocalWSGI)
    assert served == {"host": "127.0.0.1", "port": 8080}
