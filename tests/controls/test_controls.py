"""One seed of each control, as `make controls` judges it; all seeds are on docs/explanation/negative_controls.md."""

import pytest
from controls.__main__ import CONTROLS


@pytest.mark.long(part="controls")
@pytest.mark.parametrize("name", CONTROLS)
def test_the_first_seed_gives_the_answer_that_is_known(name):
    outcome = CONTROLS[name].judge(0)
    assert outcome.as_expected, outcome
