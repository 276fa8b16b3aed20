"""Adapter to the tests of validation; alone, so that changed figures test nothing again."""

from pathlib import Path
from typing import Any

from trading_hpo.analysis.kept_trials import chosen_trials, kept_trials, tried_on
from trading_hpo.analysis.selection_statistics import selection_statistics
from trading_hpo.analysis.validation_tests import validation_tests
from trading_hpo.study.integrity import checked
from trading_hpo.study.reference import StudyRef


def judge_validation(
    refs: dict[str, StudyRef], trial_ledger: Path, _searched: dict[str, dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Say of each best configuration how far it is luck, among all trials on the same bars; then in more statistics."""
    there = {model_type: ref.begun() for model_type, ref in refs.items() if ref.skipped is None}
    studies = {model_type: [checked(own.open()) for own in begun] for model_type, begun in there.items()}
    chosen = chosen_trials(studies)
    kept = kept_trials([study for own in studies.values() for study in own], set(chosen.values()))
    tried = tried_on(kept.values(), trial_ledger)
    return validation_tests(kept, chosen, tried), selection_statistics(kept, chosen, tried)
