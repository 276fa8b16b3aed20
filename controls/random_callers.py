"""On a market that rises, the best of a hundred callers without skill looks like skill, unless the market is taken out.

Each caller holds each of the 20 stocks or does not, as a coin says, and throws it again every month on average. What is
traded are the real prices of 17 years in which they rose.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

from controls.outcome import Control, Outcome
from controls.planted_prices import BARS_PER_YEAR
from trading_hpo.backtest.returns import net_returns
from trading_hpo.backtest.shares import equal_shares
from trading_hpo.market.sources.packaged import PACKAGED
from trading_hpo.metrics.active import above_constant
from trading_hpo.overfitting.sharpe import LEVEL, Moments, deflated_sharpe, probabilistic_sharpe

CALLERS, HELD_BARS, COST_BPS = 100, 21, 5.0


def judge(seed: int) -> Outcome:
    """Let the callers call; as expected where the raw ratio is taken for skill, and the active one is not.

    The best by raw returns and the best by active returns may be two callers; each is judged by its own.
    """
    raw, active = callers(np.random.default_rng(seed))
    numbers = {
        "raw_sharpe": max(_ratios(raw)) * float(np.sqrt(BARS_PER_YEAR)),
        "raw_probabilistic": probabilistic_sharpe(_best(raw)),
        "raw_deflated": _deflated(raw),
        "active_sharpe": max(_ratios(active)) * float(np.sqrt(BARS_PER_YEAR)),
        "active_probabilistic": probabilistic_sharpe(_best(active)),
        "active_deflated": _deflated(active),
    }
    fooled, deflated = numbers["raw_probabilistic"], numbers["active_deflated"]
    assert fooled is not None
    assert deflated is not None
    return Outcome(seed, fooled >= LEVEL and deflated < LEVEL, numbers)


def callers(random: np.random.Generator) -> tuple[Float[np.ndarray, "N T"], Float[np.ndarray, "N T"]]:
    """Return the net and the active returns of callers without skill.

    **Looks ahead:** never; they look at nothing.
    """
    moves = _moves()
    alive = np.ones(moves.shape, dtype=bool)
    held, _, whole = net_returns(equal_shares(alive.astype(float), alive), moves, COST_BPS)
    net, exposure = zip(*(_called(random, moves) for _ in range(CALLERS)), strict=True)
    active = [
        above_constant(own, np.full(len(own), share), held / whole.mean())
        for own, share in zip(net, exposure, strict=True)
    ]
    return np.array(net), np.array(active)


def _called(random: np.random.Generator, moves: Float[np.ndarray, "T A"]) -> tuple[Float[np.ndarray, " T"], float]:
    thrown = random.random(moves.shape) < 1 / HELD_BARS
    thrown[0] = True
    last = np.maximum.accumulate(np.where(thrown, np.arange(len(moves))[:, None], 0), axis=0)
    coins = random.integers(0, 2, moves.shape).astype(float)
    positions = np.take_along_axis(coins, last, axis=0)
    net, _, exposure = net_returns(equal_shares(positions, np.ones(moves.shape, dtype=bool)), moves, COST_BPS)
    return net, float(exposure.mean())


@cache
def _moves() -> Float[np.ndarray, "T A"]:
    source = PACKAGED["sp500_20"]
    close = source.read(source.path).pivot(index="timestamp", columns="asset", values="close").to_numpy()
    moves: Float[np.ndarray, "T A"] = close[1:] / close[:-1] - 1
    return moves


def _ratios(series: Float[np.ndarray, "N T"]) -> list[float]:
    return [Moments.of(own).sharpe or 0.0 for own in series]


def _best(series: Float[np.ndarray, "N T"]) -> Moments:
    return Moments.of(series[int(np.argmax(_ratios(series)))])


def _deflated(series: Float[np.ndarray, "N T"]) -> float | None:
    return deflated_sharpe(_best(series), len(series), float(np.std(_ratios(series), ddof=1)))


CONTROL = Control(
    "best of 100 random callers: the raw probabilistic Sharpe is at least 0.95, the active deflated below",
    20,
    20,
    judge,
)
