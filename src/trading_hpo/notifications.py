"""Messages about a search, to wherever its people read them; a channel that fails never touches the study."""

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable

from pydantic import Field

from trading_hpo.configuration import Config
from trading_hpo.errors import ConfigurationError
from trading_hpo.escaping import one_line

CHANNELS = "TRADING_HPO_NOTIFY"
SEND_WITHIN_S = 10.0

logger = logging.getLogger(__name__)


class NotificationsConfig(Config):
    """When messages are sent; their channels hold tokens and come from the environment: ``TRADING_HPO_NOTIFY``."""

    every_n_trials: int | None = Field(default=None, ge=1, strict=True, description="null: start, better, end, failure")
    dry_run: bool = Field(default=False, description="print what would be sent")


class Notifier:
    """Sends messages in a thread of its own, in their order.

    Args:
        send: Takes a message; none drops all of them.
    """

    def __init__(self, send: Callable[[str], None] | None) -> None:
        self._send = send
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._warned = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        if send is not None:
            self._thread.start()

    @staticmethod
    def of(config: NotificationsConfig) -> "Notifier":
        """Return the notifier of the configuration and the environment.

        Raises:
            ConfigurationError: A channel cannot be read, or what sends is not installed.
        """
        if config.dry_run:
            return Notifier(lambda message: print(f"[notification] {message}", file=sys.stderr))
        urls = os.environ.get(CHANNELS, "").split()
        return Notifier(_sender(urls) if urls else None)

    def notify(self, message: str) -> None:
        """Send a message when it is its turn."""
        if self._send is not None:
            self._waiting.put(one_line(" ".join(message.split())))

    def close(self) -> None:
        """Send what is waiting, for a few seconds at most."""
        if self._send is not None:
            self._waiting.put(None)
            self._thread.join(SEND_WITHIN_S)

    def _work(self) -> None:
        while (message := self._waiting.get()) is not None:
            try:
                assert self._send is not None
                self._send(message)
            except Exception as error:  # a message is never worth a trial
                self._warn(type(error).__name__)

    def _warn(self, reason: str) -> None:
        if not self._warned:  # the reason alone: what the library says may quote a token
            logger.warning("A notification could not be sent (%s). The search goes on without.", reason)
        self._warned = True


class NotSentError(Exception):
    """A channel did not take a message."""


def _sender(urls: list[str]) -> Callable[[str], None]:
    """Return what sends a message to all channels."""
    try:
        import apprise
    except ImportError as error:
        raise ConfigurationError(
            [f'{CHANNELS} needs apprise, which is not installed. Run `pip install -e ".[notifications]"`.']
        ) from error
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it logs URLs, and URLs hold tokens
    channels = apprise.Apprise()
    problems = [
        f"{CHANNELS} must list Apprise URLs such as tgram://token/chat, separated by spaces; number {place} is none."
        for place, url in enumerate(urls, start=1)
        if not channels.add(url)
    ]
    if problems:
        raise ConfigurationError(problems)

    def send(message: str) -> None:
        sent = channels.notify(title="trading-hpo", body=message)
        if not sent:
            raise NotSentError

    return send
