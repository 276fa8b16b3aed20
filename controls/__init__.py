"""Questions whose answers are known, asked of the whole project on real prices: ``make controls``.

    __main__.py           chosen controls -> table, data/controls.json, exit code
    outcome.py            what a seed has shown, kept so that a stopped run goes on
    runs.py               one small run of the project in a folder of its own
    shuffled_labels.py    labels of other bars: nothing is found
    shuffled_direction.py those labels
    planted_edge.py       an edge that no linear model sees: the network finds it
    planted_prices.py     that edge in real prices, and what it is worth to who knows it
    random_callers.py     the best of many without skill, on a market that rises
    leaks.py              what looks ahead is flagged
    leaky_features.py     eleven features that do
    plugin.py             enters these labels and features in the registries of a run

Benchmarks measure how fast the project is; controls whether it is right, and how often.
"""
