"""A stored study that a scripted worker searches."""

import optuna
import pytest
from tests.makers.scripted import SPACE, Scripted, Watcher

from trading_hpo.engine.config import Goal, SearchPlan
from trading_hpo.engine.pruners.none import NoneConfig
from trading_hpo.engine.samplers.registry import SAMPLERS
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.store.stored_study import StoredStudy
from trading_hpo.engine.supervisor import Supervisor
from trading_hpo.engine.trial_record import SLOT


@pytest.fixture
def scripted_search(tmp_path):
    """Search a study with a scripted worker: whether all is spent, the watcher, the executor, the trials by slot."""

    def run(
        events,
        n_trials,
        goals=("worth",),
        stored_as=StoredStudy,
        pruner=None,
        timeout_minutes=None,
        claims=None,
        set_aside=(),
        start_from=(),
        candidates_per_batch=1,
        workers=1,
    ):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}").open()
        study = optuna.create_study(
            storage=storage, study_name="study", directions=["maximize"] * len(goals), load_if_exists=True
        )
        plan = SearchPlan(
            n_trials,
            tuple(Goal(name, "maximize") for name in goals),
            3,
            SAMPLERS["random"](),
            pruner or NoneConfig(),
            timeout_minutes=timeout_minutes,
            start_from=start_from,
            candidates_per_batch=candidates_per_batch,
        )
        executor, watcher = Scripted(events, workers), Watcher()
        stored = stored_as(study, storage)
        spent = Supervisor(stored, SPACE, plan, executor, watcher, claims, set_aside=set_aside).run()
        return spent, watcher, executor, {trial.user_attrs[SLOT]: trial for trial in study.get_trials()}

    return run
