"""Optuna's storage whose trials have, among their user attributes, what is kept beside them."""

from collections.abc import Container

from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.store.optuna_tables import id_of
from trading_hpo.engine.store.payloads import trial_record, trial_records


class RecordedStorage(RDBStorage):
    """Reads records with the trials; what is written through Optuna's own functions stays an attribute.

    A trial's records are written in the transaction of its end, so one that is read as finished has them.
    """

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial with its records."""
        trial = super().get_trial(trial_id)
        trial.user_attrs.update(trial_record(self.engine, trial_id))
        return trial

    def _get_trials(  # what Optuna's cache reads through
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        trials = super()._get_trials(study_id, states, included_trial_ids, trial_id_greater_than)
        records = trial_records(self.engine, study_id, [id_of(trial) for trial in trials]) if trials else {}
        for trial in trials:
            trial.user_attrs.update(records.get(id_of(trial), {}))
        return trials
