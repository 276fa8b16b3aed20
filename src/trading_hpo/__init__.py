"""trading-hpo: hyperparameters of trading models, searched and judged without fooling their user.

The tree, in the order in which data flow through it:

    pipeline_registry.py    data_engineering -> hpo -> analysis -> retraining -> evaluation
    settings.py             Kedro wiring
    hooks.py                what Kedro tells MLflow
    cli.py                  what the project adds to kedro
    commands/
        run.py              kedro run, with errors that a person can read
        study.py            kedro study
        words.py            how a command ends when something is wrong
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
        features/           one file per feature, or per family of features
            feature.py      what a feature is
            registry.py     by name; those that stand for null
            config.py
            build.py        the table of them
            returns.py
            volatility.py
            momentum.py
            moving_average.py
            bar_shape.py
            volume.py
        panel.py
    metrics/                one file per metric, or per table of metrics
        metric.py           what a metric is
        registry.py         by name, with direction and unit
        classification.py
        regression.py
        trading.py
        cost.py
        compute.py          a forecast and its returns -> all of them
    splits/                 panel -> folds and holdout
        splitter.py         what a splitter is
        registry.py         by name
        config.py
        walk_forward.py
        purged_kfold.py
        purging.py
        folds.py            purging, embargo and stop rows, for all of them
        paths.py            means where a bar is validated several times
    models/                 networks and their registry
        configs.py
        layers.py
        mlp.py
        recurrent.py        LSTM and GRU
        cnn_lstm.py
        registry.py
    training/               one network, one fold
        config.py
        windows.py
        losses.py
        seeding.py
        machine.py
        loop.py
        fold.py             train, stop early, judge
        cost.py             work, memory, time
        scalars.py          numbers by epoch, for TensorBoard
        final.py            the last training, on everything before the holdout
    backtest/               predictions -> positions -> net returns -> metrics
        classification.py
        regression.py
        positions.py
        returns.py
        judge.py
    search/                 one Optuna study per model type
        config.py
        metrics.py          everything a trial can be judged by
        objectives.py       what is improved, what is kept
        space.py
        experimental.py
        samplers/           a fresh one for every slot
            registry.py
            unit.py         ranges as the interval from 0 to 1
            point.py        base of ours
            grid.py
            sobol.py
            cmaes.py
            genetic.py      NSGA-II and NSGA-III
        pruners/
            registry.py
            curve.py        values on the way
            own_trials.py   a study without what it remembers
            halving.py      successive halving, Hyperband; with several objectives too
        store/              where studies live, and how they are written
            storage.py
            rows.py         a trial's rows, in one transaction
            reports.py      values on the way, not written yet
            writer.py       a thread that writes in order and waits for a storage that is away
            outage.py       which failures pass
            claims.py       which slots are ours, where several machines search
        workers/            the processes that train
            worker.py
            pool.py         starts them
            heartbeat.py    whether they still work
        fingerprint.py
        ledger.py           the study in its storage
        proposer.py         its mirror in memory: suggests and prunes
        trial.py            one configuration on all folds
        costs.py            what it takes, and whether it may
        slots.py            the places of the budget
        supervisor.py       spends the budget
        progress.py
        stopping.py         Ctrl-C
        run.py              one study to its budget
        memory.py           what earlier studies tell a new one
        narrowing.py        a space around the best
        phases.py           the searches of one model type
        reoptimise.py       data have grown
        study.py            a study by reference
        pareto.py           who beats whom
        ranking.py          the trials of a study, the best first
        results.py
        export.py           to files
        shelf.py            all studies of a project
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
        courier.py          copies for a server
    notifications.py        messages about a search
    configuration.py        base of the parameter groups; their problems in words
    types.py                Panel, Fold, the letters of shapes
    errors.py               the exceptions that a user may see
"""

__version__ = "0.1.0"
