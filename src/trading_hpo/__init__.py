"""trading-hpo: hyperparameters of trading models, searched and judged without fooling their user.

The tree, in the order in which data flow through it:

    pipeline_registry.py    data_engineering -> hpo -> analysis -> retraining -> evaluation; on request: audit
    settings.py             Kedro wiring
    hooks.py                what happens beside the nodes
    tracking_hook.py        what a run logs to MLflow
    cli.py                  what the project adds to kedro
    startup.py              answers its own commands before kedro imports those of all plugins
    __main__.py             the commands where the package is installed and no project is
    commands/               what is typed after kedro
        run.py              kedro run, with errors that a person can read
        configuration_source.py  folder or archive of the configuration, and its environments
        command_line_parameters.py  --params
        selection.py        which nodes a run is about
        contradictions.py   options that give way to others, or have no effect
        audit.py            kedro audit
        clean.py            make clean
        study.py            kedro study
        set_aside.py        kedro study set-aside
        study_clean.py      kedro study clean
        study_vocabulary.py kedro study vocabulary
        ledgers.py          where the trials of a study are counted
        pages.py            pages that answer this machine only
        cli_errors.py       how a command ends when something is wrong
    runner/                 runs a node only when what it depends on has changed
        reusing.py          the runner
        code_digest.py      what code a node can reach
        stamps.py           how each node ran last
        trusted_inputs.py   files of earlier stages, as they were saved
        undo.py             what a failed run has written is undone
        supported.py        runners of kedro that cannot run the project
        order.py            cheap model types first
        stage_lines.py      what people see of the other stages
    parameters.py           all parameter groups as one object, checked whole
    pipelines/              one folder per stage: pipeline.py is the graph, nodes.py thin adapters
        analysis/
            nodes.py
            validation_nodes.py  tests of validation
            pipeline.py
        <stage>/
            nodes.py
            pipeline.py
        namespaces.py       stages outside, model types inside
        adapters.py         nodes that take a model type, or one input per model type
        page_nodes.py       adapters to the pages
        run_facts.py        what the report says of a run beside its results
    datasets/               Kedro datasets of our own
        bars.py             raw bars of the chosen source
        audits.py           audits of prepared data, by the digest of the data
        panel.py            the panel, mapped
        kept_panels.py      the panels that studies were made on
        results.py          JSON of one model type, which may have been left out
        study.py            a study by reference
        holdout.py          holdout results and the ledger of looks
        network.py          trained networks
        study_storage.py    where the studies live
        csv_table.py        tables without formulas
        parquet_table.py    tables that may lack values
        figure.py           figures that may not be drawn yet
        page.py             texts for people
        trial_ledger.py     where trials are counted
        files.py            where a dataset's data lie, and a digest of them
        previews.py         what Kedro-Viz recognises
    market/                 bars -> features -> panel
        sources/            a user's CSV or Parquet, packaged data sets
            config.py       the parameter group
            read.py         a source -> one long table
            origin.py       the file, as messages name it: path, line, setting
            tables.py       a file -> its table
            columns.py      which column is which
            assets.py       names of assets
            stamps.py       timestamps -> UTC
            numbers.py      text -> numbers
            packaged.py     data sets that installed packages carry
        checks/             what bars must keep, one kind of fault a file
            schema.py       column by column
            order.py        once, in one order, of one asset
            prices.py       open and close between low and high
            repeats.py      feeds that stood still, days that were filled
            gaps.py         bars that are missing, and why
            regimes.py      the user's own labels of them
            jumps.py        splits, misprints, another unit of volume
            wording.py      count, assets, first timestamp
        bars.py             raw bars -> bars that later rooms may trust
        bars_per_year.py    as the stamps show, or as set
        panel.py            features and labels as rows of arrays in a file
        kept_panels.py      the panels that studies were made on, by digest
        features/           one file per feature, or per family of features
            feature.py      what a feature is
            registry.py     by name; those that stand for null
            config.py       the parameter group
            build.py        the table of them
            <feature>.py    one file each, or one for a family
        grid.py             rows as bars by assets
        indices.py          which names are an index, and which are stocks in it
        same_bars.py        bars that were seen, recognised by their moves
        regimes.py          in which state the market was
        trailing_volatility.py how much each asset has moved lately
    tasks/                  what is predicted
        task.py             contracts: task, forecast, decision
        head.py             what the outputs of a model mean
        labels.py           bars -> targets
        class_task.py       what tasks of classes share
        number_task.py      what tasks of numbers share
        positions/          calls -> target positions
            registry.py
            rule.py         what a position rule is
            <rule>.py       one file each
        registry.py         by name
        touch.py            which of two barriers comes first
        uniqueness.py       how little of a label overlaps others
        <task>.py           one file each
    splits/                 panel -> folds and holdout
        config.py           the parameter groups
        <splitter>.py       one file each
        blocks.py           bars in equal parts
        purging.py          labels that reach into validation
        lookback.py         how far features look back
        samples.py          of each role, asset by asset
        roles.py            purging, embargo and stop rows, for all of them
        lengths.py          whether they are long enough
        folds.py            the holdout, and the folds before it
        for_sklearn.py      as scikit-learn's splitters
        splitter.py         what a splitter is
        registry.py         by name
        paths.py            means where a bar is validated several times
    metrics/                what a trial is measured by
        registry.py         all of them, with kind and direction
        <kind>.py           one file a kind: classification, trading, cost, ...
        metric.py           what a metric is
        compute.py          a forecast and its returns -> all of them
    backtest/               positions -> net returns
        config.py           the parameter group
        returns.py          shares -> net returns
        contributions.py    shares -> what each asset brought
        holding.py          the mean of the last H calls
        shares.py           positions -> shares of the capital
    training/               one network, one fold
        config.py           the parameter group, and what a trial may change
        windows.py          panel -> scaled windows
        seeding.py          random streams of their own
        machine.py          threads, device, memory
        loop.py             epochs
        following.py        who shows them
        tensorboard.py      numbers by epoch
        batch.py            what a loss sees
        choices.py          loss, optimizer, schedule: what can be chosen and searched
        losses/             one file a loss
            loss.py         what a loss is
            registry.py
            <loss>.py       one file each
        optimizers/         one file an optimizer
            optimizer.py    what an optimizer is
            registry.py
            <optimizer>.py  one file each
        sampling.py         rows -> batches: rows, bars or runs
        runs.py             of consecutive bars of one asset
        schedules/          one file a schedule
            registry.py
            replay.py       what the folds did, for a training without stop rows
            schedule.py     what a schedule is, and the warm-up before it
            <schedule>.py   one file each
    families/               what can be searched
        judgement.py        forecasts -> metrics of them and of their trades
        block_scores.py     ... and of blocks of bars, for tests of luck
        judged_paths.py     of all folds, put together path by path
        regime_scores.py    ... and of each regime, with the worst
        networks/           torch networks
            layers.py       what several networks use
            recurrent.py    around a cell
            architecture.py everything that rebuilds a network
            fitting.py      train, stop early
            fold.py         ... and judge
            final.py        the last training, and the network it leaves
            cost.py         work, memory, time
            config.py       what all of them have
            family.py       answers the search
            <model type>/   one folder each
                config.py   its sizes
                network.py
        tabular/            references from scikit-learn
            spans.py        which bars columns are made of
            columns.py      windows -> columns
            estimator.py    what is asked of a model
            estimator_file.py models as bytes that run no code
            fitting.py      columns, models, threshold
            model.py        the last fit, and what it leaves
            config.py       what all of them have
            family.py       answers the search
            <model type>/   one folder each
                config.py   its parameters
                estimator.py
        family.py           what the search asks of a family
        window_input.py     windows that are in no panel
        traded.py           candidates that choose how they are traded
        model_file.py       the file of a saved model, checked when it is read
        registry.py         all model types
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
            genetic.py      NSGA-II and NSGA-III
            point_sampler.py points of the unit cube -> parameters
            <sampler>.py    one file each
        pruners/            over epochs or folds
            registry.py
            study_view.py   a study without transferred trials
            base.py         of ours
            rungs.py        what the two with rungs share
            warm_up.py      what median and percentile share
            <pruner>.py     one file each
        dominance.py        points of several objectives
        executor/           what runs candidates
            executor.py     contract
            processes.py    processes of this machine
            worker.py       one of them
            heartbeat.py    whether they still work
            sockets.py      where they are started through
        store/              where studies live, and how they are written
            storage.py      SQLite or a server
            stored_study.py a study's trials in their storage
            optuna_tables.py Optuna's private parts
            payloads.py     bytes and records beside trials and studies
            recorded_storage.py trials read with their records
            other_programs.py what they enqueue, and end of ours
            reports.py      values on the way, not written yet
            writer.py       a thread that writes in order and waits for a storage that is away
            outage.py       which failures pass
            claims.py       which slots are ours, where several machines search
        slots.py            the places of the budget
        supervisor.py       runs a study to its budget
        tally.py            counts of a search, and who watches them
        workload.py         steps done and to come, and the time they take
        stop_request.py     Ctrl-C, SIGTERM, a closed terminal
        experimental.py     parts of Optuna that it calls experimental
    study/                  the project's meaning of an Optuna study
        config.py           the parameter group hpo
        objectives.py       what is improved, what is kept
        metrics_of_task.py  what of it a task can have
        searched_losses.py  whether what a trial may learn by goes with labels and folds
        search_spaces.py    of the model types
        evaluation.py       what a candidate is worth, over all folds
        costs.py            what it takes, and whether it may
        trial_regimes.py    ... in each regime
        trial_returns.py    its net returns, path by path
        validation.py       what a study keeps of its validation bars
        returns_table.py    the returns of all trials, read back
        thinning.py         which of them a large study keeps
        trial_ledger.py     every trial that has reported a score
        upkeep.py           what is done now and then while it is searched
        fingerprint.py      what a stored study says of itself
        conditions.py       what makes two studies comparable
        opening.py          made once, or found to be the same
        search.py           one study to its budget
        phases.py           the searches of one model type
        narrowing.py        a space around the best
        transfer.py         from earlier studies
        reoptimise.py       data have grown
        progress.py         what people see and are sent while it runs
        timing.py           an epoch's seconds, before the first trial
        place.py            which one of a run's searches
        reference.py        a study by reference
        snapshot.py         a study as it was when it was read
        own_trials.py       of the search itself; which may be chosen
        set_aside.py        what a person takes out of every choice
        cleaning.py         what old trials have left
        damage.py           the error of a study that cannot be read
        integrity.py        values that are those of their folds
        ranking.py          the trials of a study, the best first
        summary.py          a study in a few numbers
        results.py          the best trial, all trials, as tables
        nothing_found.py    what is said of a search of which no configuration has a value
        export.py           to files
        catalogue.py        all studies of a project
        verify.py           the best trial, trained again
    analysis/               what studies and holdout say
        importance.py       of parameters
        convergence.py      the best so far; model types side by side
        holdout.py          one look
        holdout_ledger.py   what counts as a look
        holdout_errors.py   how far its metrics might be off
        holdout_tables.py   confusion, years
        holdout_assets.py   what each asset brought
        holdout_costs.py    at other costs
        holdout_touches.py  closed at the close, not at the barrier
        holdout_periods.py  months, exposure
        holdout_money.py    above as much exposure without looking, and above buy-and-hold
        kept_trials.py      what trials have left for comparison, and how many there were
        selection_statistics.py is the chosen one luck: deflated Sharpe and more
        trials_together.py  ... of all trials: backtest overfitting, reality check
        study_alone.py      ... among the trials of one study
        forecast_losses.py  ... of its losses
        validation_tests.py the best of all trials, tested as that
        verdicts.py         on the forecast and on the money
        references.py       each network beside the best reference
        calibration.py      of probabilities
    audit/                  what the data should not know
        audit.py            all checks, and the record that is kept
        check.py            what a check has found
        rebuild.py          how a project makes its data, as functions
        other_future.py     bars up to a moment, and others after it
        agreement.py        more than rounding
        cuts.py             bars after which the future is changed
        look_ahead.py       what is known does not change with the future
        start_of_history.py nor with where history begins
        price_scale.py      nor with the unit of prices
        source.py           columns that are the future themselves
        split.py            labels that reach into what is judged
    overfitting/            more than luck: statistics of plain arrays
        stationary_bootstrap.py blocks of random length, drawn anew
        resampled_means.py  of many series over the same draws
        intervals.py        of a mean, with its test
        paired_interval.py  of differences, pair by pair
        holm.py             several hypotheses together
        best_of_many.py     corrected for all trials
        sharpe.py           how sure a Sharpe ratio is, deflated for many trials; how long a test must be
        effective_trials.py how many of many trials differ
        backtest_overfitting.py PBO: the best of one half of the bars, on the other half
        reality_check.py    the best of many strategies against a benchmark
        diebold_mariano.py  two forecasts, by their losses
    reporting/              results -> text and figures
        report.py           what a run ends with, as plain data
        verdict_sentences.py    ... in words
        selection_sentences.py  the statistics of selection bias in words
        intervals.py            how wide they are
        probability.py          probabilities, never rounded to the other side of 0.95
        regimes.py              scores by regime, in words
        vocabulary.py           every component of the registries, with parameters, bounds and source
        table.py            ... as it is printed
        next_steps.py       what to type after a run
        studies.py          for kedro study
        audit_lines.py      an audit on a terminal
        trials_table.py     the trials of one study, as wide as a terminal
        fitted_lines.py     lines that are not wider
        figures/            Plotly
            style.py        colours, layout, notes in place of empty figures
            axes.py         ticks
            parameter_axes.py   a searched parameter on an axis
            search.py       of one study: history, importance
            slices.py
            parallel.py
            pareto.py
            comparison.py   of model types
            folds.py        on a time axis
            holdout.py
            overfitting.py  logits of backtest overfitting
            periods.py      months, exposure, costs, assets
        page/               one file for a browser, and a summary as text
            facts.py        facts about a run
            blocks.py       what it is made of
            numbers.py      as texts
            first_screen.py what was searched, what won, what to do now
            regime_section.py    scores by regime
            results_sections.py  the holdout beside validation
            luck_section.py      is the winner luck
            metrics_table.py     every metric beside the baselines
            search_sections.py   how the search went, and under what
            figures_json.py figures as data of the page
            page.py         the page
            text.py         the summary
    tracking/               what is logged to MLflow: the project's own store first, then a server
        environment.py      where runs are kept
        run.py              of a pipeline
        run_description.py  its name and its command
        trials.py           child runs, and which is the best
        links.py            into MLflow's pages
        cleaning.py         those that a study keeps no longer
        process_state.py    MLflow's state in the process is the user's again after a run
        locks.py            one process at a time; whose process is alive
        relocation.py       a project that was moved
        networks.py         MLflow models
        network_model.py    what they run
        network_input.py    windows by the names of features and assets
        server_sync.py      copies for a server
    notifications.py        messages about a search
    registry.py             components by name, plug-ins
    append_only.py          files that several processes append to
    file_lock.py            locks that leave nothing behind
    whole_files.py          files that are written whole or not at all; what killed runs have left of them
    configuration.py        base of the parameter groups; their problems in words
    types.py                Panel, Fold, the letters of shapes
    errors.py               the exceptions that a user may see
    durations.py            times as people read them
    escaping.py             names from outside as paths, text, markup, cells, keys
    urls.py                 URLs without their passwords
"""

__version__ = "0.1.0"
