r"""URLs that may hold passwords: read strictly, and shown without what is secret.

A password with a special character that is not a percent code makes libraries disagree on where it ends, and whoever
then hides "the password" shows the rest of it. So a URL is read in one way here, or not at all and never shown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

HIDDEN = "***"
HOW_TO_ESCAPE = (
    "it is not shown, for it may hold a password. Write special characters of user and password as percent codes: "
    "%23 for #, %2F for /, %3F for ?, %40 for @, %3A for :, %20 for a space."
)
_PLAIN = r"[^\s:/?#@\[\]\\]*"
_NETWORK = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+._-]*)://(?:(?P<user>{_PLAIN})(?::(?P<password>[^\s/?#@\[\]\\]*))?@)?"
    rf"(?P<place>(?:\[[0-9a-f:.]+\]|{_PLAIN})(?::\d*)?(?:/[^\s?#@\\]*)?)(?:\?(?P<query>[^\s#@\\]*))?",
    re.IGNORECASE,
)
_FILE = re.compile(r"(?P<scheme>sqlite(?:\+\w+)?|file)://(?P<place>/[^?]*)(?:\?(?P<query>[^\s#@\\]*))?", re.IGNORECASE)
_IN_TEXT = re.compile(r"[A-Za-z][\w+.-]*://[^\s'\"]*")
# A quote ends a URL in a text, unless it is one of its password: what follows it then is still of the URL.
_GOES_ON, _MAY_GO_ON = re.compile(r"['\"]\S*@"), re.compile(r"['\"]\S*\w")
# What the value of is no secret; the rest of a query is hidden with its names, which may be a part of a password.
_SHOWN = {"application_name", "charset", "connect_timeout", "dbname", "host", "mode", "port", "sslmode", "uri", "user"}


@dataclass(frozen=True)
class Url:
    """The parts of a URL.

    Attributes:
        scheme: Such as ``https``.
        user: As written; none without one.
        password: As written; none without one.
        place: Host, port and path.
        query: Values by name, as written.
    """

    scheme: str
    user: str | None
    password: str | None
    place: str
    query: Mapping[str, str]

    @property
    def shown(self) -> str:
        """The URL without its secrets; a user without a password is a token where the web is."""
        is_token = self.password is None and self.scheme.lower().startswith("http")
        secret = "" if self.password is None else f":{HIDDEN}"
        user = "" if self.user is None else f"{HIDDEN if is_token else self.user}{secret}@"
        query = [f"{name}={value}" for name, value in self.query.items() if name in _SHOWN]
        query += [HIDDEN] * (len(query) < len(self.query))
        return f"{self.scheme}://{user}{self.place}{'?' if query else ''}{'&'.join(query)}"

    @property
    def secrets(self) -> list[str]:
        """What must be in no text: the password and what of the query is hidden, as written and as meant."""
        hidden = [part for pair in self.query.items() if pair[0] not in _SHOWN for part in pair]
        return [form for part in (self.password or "", *hidden) if part for form in {part, unquote(part)}]


def parsed_url(url: str) -> Url | None:
    """Read a URL; none for one that can be read in several ways, as those with a ``#`` or two ``@``."""
    found = _FILE.fullmatch(url) or _NETWORK.fullmatch(url)
    if found is None:
        return None
    parts = found.groupdict()
    pairs = (pair.partition("=") for pair in (parts["query"] or "").split("&") if pair)
    query = {name: value for name, _, value in pairs}
    return Url(parts["scheme"], parts.get("user"), parts.get("password"), parts["place"], query)


def shown_url(url: str) -> str:
    """Return a URL as people may see it; of one that cannot be read nothing.

    Example:
        >>> shown_url("postgresql+psycopg://me:secret@host/studies?sslmode=require&sslpassword=x")
        'postgresql+psycopg://me:***@host/studies?sslmode=require&***'
        >>> shown_url("https://me:a#b@host")
        '***'
    """
    parsed = parsed_url(url)
    return HIDDEN if parsed is None else parsed.shown


def urls_hidden(text: str) -> str:
    """Return a text of a library or of a user with the secrets of its URLs hidden.

    What follows a URL that cannot be read may be the rest of a password, and is left out if there is an ``@`` in it.

    Example:
        >>> urls_hidden("no answer from https://me:secret@host/base, giving up")
        'no answer from https://me:***@host/base, giving up'
        >>> urls_hidden("source must be known, got 'postgresql://me:a b@host/db'.")
        "source must be known, got '***"
        >>> urls_hidden("see https://host/page#part and try again")
        'see *** and try again'
    """
    shown, place = "", 0
    for found in _IN_TEXT.finditer(text):
        parsed = parsed_url(found.group())
        is_whole = not _goes_on(text, found.end(), parsed)
        shown += text[place : found.start()] + (parsed.shown if parsed and is_whole else HIDDEN)
        place = found.end()
        if not is_whole:
            return shown
    return shown + text[place:]


def _goes_on(text: str, end: int, url: Url | None) -> bool:
    """Whether what follows the end of a URL in a text may be of the URL."""
    if url is None:
        return "@" in text[end:] or _MAY_GO_ON.match(text, end) is not None
    return (_MAY_GO_ON if url.secrets else _GOES_ON).match(text, end) is not None


def quotes_secret(text: str, url: str) -> bool:
    """Say whether a text has a secret of a URL in it, as a word: a short one may be part of other words."""
    parsed = parsed_url(url)
    secrets = [url] if parsed is None else parsed.secrets
    return any(re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text) for secret in secrets)
