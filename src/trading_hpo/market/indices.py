"""Which names stand for a stock index, and which for the largest stocks in it: other bars of the same market."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Index:
    """What an index goes by.

    Attributes:
        name: For people.
        spellings: Of the index itself and of funds that hold it, in capitals, without a caret.
        members: Symbols of its largest stocks, lately or for years; a smaller one is not known.
    """

    name: str
    spellings: frozenset[str]
    members: frozenset[str]

    @staticmethod
    def of(name: str, spellings: str, members: str) -> "Index":
        """Take names apart at blanks."""
        return Index(name, frozenset(spellings.split()), frozenset(members.split()))


_SP_500 = """
    AAPL ABBV ABT ACN ADBE AIG AMD AMGN AMT AMZN AVGO AXP BA BAC BBY BK BKNG BLK BMY BRK.B C CAT CHTR CL CMCSA COF COP
    COST CRM CSCO CVS CVX DE DHR DIS DUK EMR EXC F FDX GD GE GILD GM GOOG GOOGL GS HD HON IBM INTC INTU JNJ JPM KHC KO
    LIN LLY LMT LOW MA MCD MDLZ MDT MET META MMM MO MRK MS MSFT NEE NFLX NKE NVDA ORCL PEP PFE PG PM PYPL QCOM RRC RTX
    SBUX SCHW SO SPG T TGT TMO TMUS TSLA TXN UNH UNP UPS USB V VZ WFC WMT XOM
"""
_NASDAQ = """
    AAPL ADBE AMD AMGN AMZN AVGO BKNG CHTR CMCSA COST CSCO GILD GOOG GOOGL HON INTC INTU KHC MDLZ META MSFT NFLX NVDA
    PEP PYPL QCOM SBUX TMUS TSLA TXN
"""
_DOW = """
    AAPL AMGN AXP BA CAT CRM CSCO CVX DIS GE GS HD HON IBM INTC JNJ JPM KO MCD MMM MRK MSFT NKE PFE PG TRV UNH V VZ WMT
    XOM
"""
INDICES = (
    Index.of("S&P 500", "SP500 S&P500 SPX GSPC INX SPY IVV VOO US500 SP100 OEX", _SP_500),
    Index.of("NASDAQ", "NASDAQ IXIC COMP NDX NASDAQ100 QQQ US100 ONEQ", _NASDAQ),
    Index.of("Dow Jones", "DJI DJIA DIA DOW30 US30", _DOW),
)


def index_of(one: Collection[str], other: Collection[str]) -> str | None:
    """Return the index that one of two sets of assets is and the other has stocks of; none where names tell of none.

    Example:
        >>> index_of(["^GSPC"], ["AAPL", "KO"]), index_of(["AAPL"], ["KO"]), index_of(["BTC"], ["SPY"])
        ('S&P 500', None, None)
    """
    names = [{name.upper().lstrip("^") for name in assets} for assets in (one, other)]
    for index in INDICES:
        if any(a & index.spellings and b & index.members for a, b in (names, reversed(names))):
            return index.name
    return None
