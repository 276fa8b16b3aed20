"""Components of somebody else, one of each kind, each chosen to ask for what none of the project's own asks for."""

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.market.features.registry import FEATURES
from trading_hpo.metrics.registry import METRICS
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.tasks.positions.registry import POSITIONS
from trading_hpo.tasks.registry import TASKS
from trading_hpo.training.choices import CHOICES

from .cut_back import CutBack
from .fork_config import MODEL_TYPE as FORK
from .halves import HALVES
from .market_tide import MARKET_TIDE
from .median_error import MEDIAN_ERROR
from .patient_long_short import PatientLongShort
from .return_and_range import ReturnAndRange
from .ridge_config import MODEL_TYPE as RIDGE
from .smooth_runs import SmoothRuns

MODEL_TYPES.add("fork", FORK)
MODEL_TYPES.add("ridge", RIDGE)
TASKS.add(ReturnAndRange.name, ReturnAndRange)
CHOICES["loss"].add(SmoothRuns.name, SmoothRuns)
CHOICES["schedule"].add(CutBack.name, CutBack)
FEATURES.add("market_tide", MARKET_TIDE)
SPLITTERS.add("two_halves", HALVES)
METRICS.add(MEDIAN_ERROR.name, MEDIAN_ERROR)
POSITIONS.add("patient_long_short", PatientLongShort)
