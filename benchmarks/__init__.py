"""Ratios and limits that the project promises, measured on the machine at hand: ``make bench``.

    __main__.py   chosen rows -> table, data/benchmarks.json, exit code
    measure.py    repeats, spread, table, JSON, the machine
    project.py    a project of its own in a temporary folder, run by Kedro in a fresh process
    diary.py      what the search's workers did, and when
    resident.py   memory as Linux counts it
    loop.py       fold training against a loop written by hand
    node.py       what the hpo node costs beyond training
    workers.py    two workers against one
    memory.py     what a worker needs beyond torch, and whether it grows
    panel.py      the largest panel, from bars to one trial
    peer.py       a whole search against the usual script of Optuna, DataLoader and MLflow
    usual.py      that script
    pruning.py    what Hyperband saves, and whom it cuts
    search.py     TPE against random search and QMC, on validation and on the holdout
    overfitting.py what PBO and the tests of the best of many cost, and PBO against purgedcv
    start.py      commands with nothing to train against their imports
    curves.py     trials of a search that pruned nothing, as its study keeps them

A row of ``search`` has no limit: it is a finding, shown with ``-``. ``peer``, ``pruning`` and ``search`` take
some minutes each; beside other programs ten and more.

A new row is a module with ``rows(project: Path) -> Iterator[Row]`` and its name in ``measure.ROWS``.
"""
