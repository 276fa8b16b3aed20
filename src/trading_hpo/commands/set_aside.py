"""`kedro study set-aside`: take a trial out of every choice, or give it back."""

import click

from trading_hpo.commands.cli_errors import lines_kept
from trading_hpo.commands.study import NAME, clean_errors, find_study


@click.command("set-aside")
@NAME
@click.argument("number", type=click.IntRange(0))
@click.option("--undo", is_flag=True, help="Let it be chosen again.")
@clean_errors
def set_aside(name: str, number: int, undo: bool) -> None:
    r"""Take a trial out of every choice: it is never the best, not retrained, and teaches no later study.

    The search goes on as it would have, and the trial ledger counts it.

    \b
    kedro study set-aside base-sp500_20-direction1.lstm 17
    kedro study set-aside base-sp500_20-direction1.lstm 17 --undo
    """
    from trading_hpo.study.integrity import checked
    from trading_hpo.study.ranking import best_trial
    from trading_hpo.study.set_aside import set_aside as take_out
    from trading_hpo.study.set_aside import take_back

    ref = find_study(name)
    (take_back if undo else take_out)(checked(ref.follow()), number)
    best = best_trial(ref.open())
    click.echo(f"trial {number} of {name} {'may be chosen again' if undo else 'is set aside'}")
    click.echo("No trial is left to choose." if best is None else f"The best is now trial {best.number}.")
    click.echo("The next `kedro run` retrains what that changes.")


set_aside.help = lines_kept(set_aside.help)
