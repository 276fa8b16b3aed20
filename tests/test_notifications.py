"""Messages go out in their order; whatever a channel does, the search goes on and no token is told."""

import http.server
import json
import logging
import threading

import pytest

from trading_hpo.errors import ConfigurationError
from trading_hpo.notifications import CHANNELS, NotificationsConfig, Notifier


@pytest.fixture
def channel():
    """A real place that takes messages, and what it has taken."""
    taken: list[dict[str, str]] = []

    class Takes(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/s3cr3t", taken
    server.shutdown()
    server.server_close()
    thread.join()


def test_messages_arrive_in_their_order(monkeypatch, channel):
    url, taken = channel
    monkeypatch.setenv(CHANNELS, url)
    notifier = Notifier.of(NotificationsConfig())
    for number in range(3):
        notifier.notify(f"message   {number}")
    notifier.close()
    assert [message["message"] for message in taken] == ["message 0", "message 1", "message 2"]


def test_a_dead_channel_is_one_warning_without_its_token(monkeypatch, caplog, capfd):
    monkeypatch.setenv(CHANNELS, "json://127.0.0.1:9/s3cr3t")
    notifier = Notifier.of(NotificationsConfig())
    with caplog.at_level(logging.DEBUG):
        notifier.notify("one")
        notifier.notify("two")
        notifier.close()
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in warnings] == ["trading_hpo.notifications"]
    said = caplog.text + "".join(capfd.readouterr())
    assert "The search goes on without." in said
    assert "s3cr3t" not in said


def test_a_dry_run_prints_and_sends_nothing(monkeypatch, channel, capsys):
    url, taken = channel
    monkeypatch.setenv(CHANNELS, url)
    notifier = Notifier.of(NotificationsConfig(dry_run=True))
    notifier.notify("started")
    notifier.close()
    assert capsys.readouterr().err == "[notification] started\n"
    assert taken == []


def test_without_channels_nothing_is_sent_and_no_thread_started(monkeypatch):
    monkeypatch.delenv(CHANNELS, raising=False)
    before = threading.active_count()
    notifier = Notifier.of(NotificationsConfig())
    notifier.notify("into the void")
    assert threading.active_count() == before
    notifier.close()


def test_a_url_that_is_none_is_refused_by_its_place_and_not_quoted(monkeypatch):
    monkeypatch.setenv(CHANNELS, "json://127.0.0.1/a nonsense-s3cr3t")
    with pytest.raises(ConfigurationError, match="number 2 is none") as refused:
        Notifier.of(NotificationsConfig())
    assert "s3cr3t" not in str(refused.value)
