"""The project's meaning of an Optuna study: spaces, objectives, conditions, phases, what a trial is worth."""
