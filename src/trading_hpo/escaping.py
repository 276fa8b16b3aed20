"""Names from outside, made harmless for where they go: one function for each place.

A study in a shared database, an asset, a parameter, a value or the reason of a failure may be called anything: with
separators of paths, markup, formulas, line ends, escape sequences of terminals. A plain name stays as it is everywhere.
"""

import hashlib
import html
import logging
import re
import shlex
from typing import TYPE_CHECKING

from trading_hpo.urls import urls_hidden

if TYPE_CHECKING:  # what only names things need not wait for them
    import pandas as pd
    from rich.text import Text

_FILE_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}")
_MLFLOW_KEY = re.compile(r"(?!\.)[\w.\- :]{1,250}")  # MLflow refuses keys that would be other paths
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # and in full width


def file_name(name: str) -> str:
    """Return a name as part of the name of a file; two names never share one.

    Example:
        >>> file_name("base-sp500_20-direction1.lstm")
        'base-sp500_20-direction1.lstm'
        >>> file_name("../../x")
        '_._.._x-9cdf6a50100a862e'
    """
    return name if _FILE_NAME.fullmatch(name) else _marked(name, re.sub(r"^\.|[^A-Za-z0-9._-]", "_", name))


def mlflow_key(name: str) -> str:
    """Return a name as the key of a metric, a parameter or a tag of MLflow; two names never share one.

    Example:
        >>> mlflow_key("hpo.sampler.name"), mlflow_key("a/../b")
        ('hpo.sampler.name', 'a_.._b-900ea8b7e0d8fe30')
    """
    return name if _MLFLOW_KEY.fullmatch(name) else _marked(name, re.sub(r"^\.|[^\w.\- :]", "_", name))


def _marked(name: str, cleaned: str) -> str:
    """Tell names apart that look alike once they are cleaned and cut."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{cleaned[:80]}-{digest[:16]}"


def one_line(text: str) -> str:
    r"""Return a text for a terminal or a log, in one line: what cannot be seen is spelled out.

    Example:
        >>> one_line("a\n\x1b[31mb")
        'a\\n\\x1b[31mb'
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def printable(text: str) -> str:
    r"""Return a text of several lines as ``one_line`` does, with its line ends.

    Example:
        >>> printable("a\nb\x07")
        'a\nb\\x07'
    """
    return "\n".join(map(one_line, text.split("\n")))


def shell_argument(name: str) -> str:
    """Return a name as an argument of a command that a message asks to be typed.

    Example:
        >>> shell_argument("base.mlp"), shell_argument("x; rm -rf ~")
        ('base.mlp', "'x; rm -rf ~'")
    """
    return shlex.quote(one_line(name))


def rich_text(text: str) -> "Text":
    """Return a text as a cell or title of a table of rich: its square brackets are no markup."""
    from rich.text import Text

    return Text(one_line(text))


def plotly_text(text: str) -> str:
    """Return a text as a title, label or value in a figure: neither HTML nor a formula.

    Example:
        >>> plotly_text("<b>$x$</b>")
        '&lt;b&gt;&#36;x&#36;&lt;/b&gt;'
    """
    return html.escape(one_line(text), quote=False).replace("$", "&#36;")


def csv_table(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table for a CSV file: a spreadsheet that opens it finds no formula (OWASP, "CSV injection").

    Text that begins like a formula gets an apostrophe, the sign of a text; numbers stay numbers. Line ends are spelled
    out: pandas does not quote a carriage return, behind which a new row would begin with what follows.

    Example:
        >>> import pandas as pd
        >>> csv_table(pd.DataFrame({"a": ["=1+1", "-0.5", "b"], "n": [-0.5, 1, 2]})).to_dict("list")
        {'a': ["'=1+1", '-0.5', 'b'], 'n': [-0.5, 1.0, 2.0]}
    """
    texts = [name for name, kind in table.dtypes.items() if str(kind) in {"object", "string", "str", "category"}]
    safe = table.copy()
    for name in texts:
        safe[name] = table[name].astype(object).map(_no_formula)
    return safe.rename(columns=_no_formula)


def _no_formula(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = one_line(value)
    if not text.lstrip().startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def make_logs_plain() -> None:
    """Let every handler of logs show what it is given; Kedro takes no filter of ours from ``logging.yml``."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(one, PlainLogs) for one in handler.filters):
            handler.addFilter(PlainLogs())


class PlainLogs(logging.Filter):
    """Makes a handler show messages as they are: no markup, no escape sequences, no password of a URL."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if not hasattr(record, "rich_format"):  # Kedro's own, whose colours are put in when it is shown
            try:
                text = record.getMessage()
            except Exception:  # a library calls its log wrongly, which logging itself reports
                return True
            record.msg, record.args = printable(urls_hidden(text)), None
            record.markup = False
        _hide_in_traceback(record)
        return True


def _hide_in_traceback(record: logging.LogRecord) -> None:
    """Show a traceback as plain text where it has a secret in it; rich would make it anew of the exception."""
    text = record.exc_text or (logging.Formatter().formatException(record.exc_info) if record.exc_info else None)
    if text is not None and (hidden := printable(urls_hidden(text))) != text:
        record.exc_text, record.exc_info = hidden, None
