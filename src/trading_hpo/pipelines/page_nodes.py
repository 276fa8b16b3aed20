"""Adapters between the catalog and the pages.

They show every parameter, so they reach the code that checks them, and with it nearly all there is: no other node is in
this module, for each would run again when any code has changed.
"""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from trading_hpo.analysis.holdout_assets import assets_of_all
from trading_hpo.analysis.verdicts import verdicts_of_validation
from trading_hpo.pipelines.adapters import named
from trading_hpo.pipelines.run_facts import run_facts
from trading_hpo.reporting.page.facts import Judged, Searched
from trading_hpo.reporting.page.page import report_page
from trading_hpo.reporting.page.text import text_summary
from trading_hpo.reporting.report import of_the_best
from trading_hpo.reporting.verdict_sentences import sentences
from trading_hpo.study.integrity import checked
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.results import combined_results, model_results


def write_search_page(
    parameters: dict[str, Any],
    refs: dict[str, StudyRef],
    validation: dict[str, Any],
    selection: dict[str, Any],
    figures: dict[str, go.Figure],
    _searched: dict[str, dict[str, Any]],
) -> str:
    """Write the page of the searches as far as they are; the holdout is no part of it."""
    there = {model_type: ref.if_there() for model_type, ref in refs.items()}
    results = {
        model_type: {"model_type": model_type, **ref.described()}
        if ref.skipped is not None
        else model_results(checked(ref.open()), model_type, ref.storage.masked)
        for model_type, ref in there.items()
    }
    judged = verdicts_of_validation(of_the_best(validation, results))
    searched = Searched(
        results,
        combined_results(list(results.values())),
        {name: sentences(own) for name, own in judged.items()},
        of_the_best(selection, results),
    )
    return report_page(run_facts(parameters), searched, None, named(figures))


def write_page(
    parameters: dict[str, Any],
    results: dict[str, dict[str, Any]],
    base: dict[str, Any],
    holdouts: dict[str, dict[str, Any]],
    report: dict[str, Any],
    selection: dict[str, Any],
    tables: dict[str, pd.DataFrame],
    assets: dict[str, pd.DataFrame],
    figures: dict[str, go.Figure],
) -> tuple[str, str]:
    """Write the page of searches and holdout, and its summary as text."""
    facts, ours = run_facts(parameters), [result for result in results.values() if "model_type" in result]
    looked = {name: own for name, own in holdouts.items() if own.get("data_key") == base["data_key"]}
    judged = Judged(
        report,
        base,
        looked,
        years=tables["yearly_table"],
        costs=tables["costs_table"],
        assets=assets_of_all({name: assets[name] for name in looked}),
        confusion=tables["confusion_table"],
        cost_bps=facts.cost_bps,
    )
    searched = Searched(results, combined_results(ours), selection=of_the_best(selection, results))
    return report_page(facts, searched, judged, named(figures)), text_summary(facts, searched, judged)
