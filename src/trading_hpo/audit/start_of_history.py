"""Does a feature's value depend on where the history begins?"""

from collections.abc import Iterator

import pandas as pd

from trading_hpo.audit.agreement import changed_columns
from trading_hpo.audit.check import Check, Finding, counted, worst_of_each
from trading_hpo.audit.rebuild import Built, Rebuild
from trading_hpo.errors import DataError

_STARTS = (0.23, 0.47)  # shares of the calendar


def start_of_history(built: Built, rebuild: Rebuild) -> Check:
    """Compute the features on two histories that begin later, and compare them where the warm-up is over.

    A value that differs was computed from fewer bars than it needs: in use, where history begins elsewhere, it would be
    another one.

    **Looks ahead:** never.

    Args:
        built: What the project makes of all bars.
        rebuild: How it does.
    """
    starts = [built.panel.timestamps[int(built.panel.n_bars * share)] for share in _STARTS]
    findings: list[Finding] = []
    left_out: list[str] = []
    for start in starts:
        kept = (built.bars["timestamp"] >= start).to_numpy()
        try:
            later = rebuild.features(built.bars[kept].reset_index(drop=True))
        except DataError as error:
            left_out.append(f"from {start.isoformat()}: {error.problems[0]}")
            continue
        findings += _differences(built, built.features[kept], later, start)
    if len(left_out) == len(starts):
        return Check("start of history", f"no later start makes these features, not even {left_out[0]}", too_few=True)
    compared = f"{counted(len(starts) - len(left_out), 'later start')}; {counted(len(built.columns), 'feature column')}"
    looked_at = "; not ".join([compared, *left_out])
    return Check("start of history", looked_at, worst_of_each(findings))


def _differences(built: Built, whole: pd.DataFrame, later: pd.DataFrame, start: pd.Timestamp) -> Iterator[Finding]:
    values, others = (one[built.columns].to_numpy(dtype=float) for one in (whole, later))
    own_bar = later.groupby("asset", sort=False).cumcount().to_numpy()
    for place, rows, size in changed_columns(values, others):
        said = (
            f"{int(rows.sum())} values after its warm-up differ by up to {size:.3g} from those of the whole history, "
            f"up to own bar {int(own_bar[rows].max())}: raise its warmup_bars"
        )
        yield Finding(built.columns[place], start.isoformat(), size, said, int(rows.sum()))
