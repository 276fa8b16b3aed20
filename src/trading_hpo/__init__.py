"""trading-hpo: hyperparameters of trading models, searched and judged without fooling their user.

The tree, in the order in which data flow through it:

    pipeline_registry.py    data_engineering -> hpo -> analysis -> retraining -> evaluation
    settings.py             Kedro wiring
    hooks.py                what Kedro tells MLflow
    cli.py                  what the project adds to kedro
    commands/
        run.py              kedro run, with errors that a person can read
        study.py            kedro study
        cli_errors.py       how a command ends when something is wrong
    runner.py               runs a node only when what it depends on has changed
    parameters.py           all parameter groups as one object, checked whole
    pipelines/              one folder per stage: pipeline.py is the graph, nodes.py thin adapters
        data_engineering/
            nodes.py
            pipeline.py
        hpo/
            nodes.py
            pipeline.py
        analysis/
            nodes.py
            pipeline.py
        retraining/
            nodes.py
            pipeline.py
        evaluation/
            nodes.py
            pipeline.py
        per_model.py        one modular pipeline per model type
    datasets/               Kedro datasets of our own
        bars.py             raw bars of the chosen source
        panel.py            the panel, mapped
        results.py          JSON of one model type, which may have been left out
        study.py            a study by reference
        holdout.py          holdout results and the ledger of looks
        network.py          trained networks
        study_storage.py    where the studies live
    market/                 bars -> features -> panel
        sources.py          packaged data sets, a user's CSV or Parquet
        schema.py           the rules of a table of bars, column by column
        bars.py             what a schema cannot express
        features.py
        panel.py
    tasks/                  what is predicted
        task.py             contracts: task, forecast, decision
        head.py             what the outputs of a model mean
        labels.py           direction, forward return, volatility
    splits/                 panel -> folds and holdout
        config.py
        walk_forward.py
        purged_kfold.py
        purging.py
        folds.py
    metrics/                what a trial is measured by
        registry.py         all of them, with kind and direction
        classification.py
        regression.py
        trading.py
        cost.py
    backtest/               positions -> net returns
        config.py
        positions.py
        returns.py
    training/               losses, windows, the loop
        config.py
        windows.py
        losses.py
        seeding.py
        machine.py
        loop.py
        tensorboard.py      numbers by epoch
    families/               what can be searched
        judgement.py        scores -> metrics of the forecast and of its trades
        family.py           what the search asks of a family
        registry.py         all model types
        networks/           torch networks
            config.py       what all of them have
            family.py       answers the search
            layers.py
            recurrent.py    around a cell
            <model type>/   one folder each
                config.py
                network.py
            architecture.py everything that rebuilds a network
            fold.py         train, stop early, judge
            final.py        the last training, on everything before the holdout
            cost.py         work, memory, time
    engine/                 spends a budget; knows neither market nor torch
        config.py           sampler, pruner, workers, time
        space.py            ranges of parameters
        candidate.py        what is run, and what it reports
        trial_record.py     every attribute of a stored trial
        proposer.py         suggests and prunes, on a study in memory
        samplers/           a fresh one for every slot
            registry.py
            unit_interval.py ranges as the interval from 0 to 1
            base.py         of ours
            grid.py
            sobol.py
            cmaes.py
            genetic.py      NSGA-II and NSGA-III
        pruners/
            registry.py
            study_view.py   a study without transferred trials
            halving.py      successive halving, Hyperband; with several objectives too
        dominance.py        points of several objectives
        executor/           what runs candidates
            executor.py     contract
            processes.py    processes of this machine
            worker.py       one of them
            heartbeat.py    whether they still work
        store/              where studies live, and how they are written
            storage.py
            stored_study.py a study's trials in their storage
            optuna_tables.py Optuna's private parts
            reports.py      values on the way, not written yet
            writer.py       a thread that writes in order and waits for a storage that is away
            outage.py       which failures pass
            claims.py       which slots are ours, where several machines search
        slots.py            the places of the budget
        supervisor.py       runs a study to its budget
        progress.py
        stop_request.py     Ctrl-C
        experimental.py     parts of Optuna that it calls experimental
    study/                  the project's meaning of an Optuna study
        config.py           the parameter group hpo
        objectives.py       what is improved, what is kept
        search_spaces.py    of the model types
        evaluation.py       what a candidate is worth, over all folds
        costs.py            what it takes, and whether it may
        conditions.py       what makes two studies comparable
        opening.py          made once, or found to be the same
        search.py           one study to its budget
        phases.py           the searches of one model type
        narrowing.py        a space around the best
        transfer.py         from earlier studies
        reoptimise.py       data have grown
        reference.py        a study by reference
        ranking.py          the trials of a study, the best first
        results.py
        export.py           to files
        catalogue.py        all studies of a project
        verify.py           the best trial, trained again
    analysis/               what studies and holdout say
        importance.py
        convergence.py      the best so far; model types side by side
        holdout.py          one look
        holdout_tables.py
        calibration.py
    reporting/              results -> text and figures
        table.py
        studies.py          for kedro study
        figures/
            style.py
            search.py       of one study
            pareto.py
            comparison.py   of model types
            holdout.py
    tracking/               what is told to MLflow: the project's own store first, then a server
        environment.py      where runs are kept
        run.py              of a pipeline
        trials.py           child runs
        locks.py            one process at a time; whose process is alive
        relocation.py       a project that was moved
        networks.py         MLflow models
        network_model.py    what they run
        server_sync.py      copies for a server
    notifications.py        messages about a search
    configuration.py        base of the parameter groups; their problems in words
    registry.py             components by name, plug-ins
    types.py                Panel, Fold, the letters of shapes
    errors.py               the exceptions that a user may see
"""

__version__ = "0.1.0"
