"""The joint loss is the weighed sum of the losses it names, with their own parameters and weights."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from tests.makers.panels import panel_of

from trading_hpo.configuration import problems_of
from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.training.losses.focal import Focal
from trading_hpo.training.losses.joint import JointLoss
from trading_hpo.training.losses.registry import LOSSES, part_losses

ROWS = torch.arange(10, 40)
UNIT = np.array([1.0, 0.02])


@pytest.fixture(params=[False, True], ids=["", "weighed"])
def batch(request):
    random = np.random.default_rng(0)
    moves = random.normal(0, 0.02, (1, 60, 1)).astype("f4")
    panel = panel_of(1, 60, target=np.concatenate([moves > 0, moves], axis=2).astype("f4"), forward_return=moves)
    weight = random.random(60) if request.param else None
    output = torch.from_numpy(random.normal(size=(len(ROWS), 2)).astype("f4")).requires_grad_()
    return Batch(output, ROWS, PanelTensors(panel, UNIT, weight=weight))


def mean(values, batch):
    weight = torch.ones(len(values)) if batch.weight is None else batch.weight
    return (weight * values).sum() / weight.sum()


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_it_is_the_weighed_sum_of_both(batch, weight):
    loss = JointLoss(joint_class="cross_entropy", joint_return="mae", joint_weight=weight)
    target, scaled = batch.target[:, 0], batch.target[:, 1]
    of_class = F.binary_cross_entropy_with_logits(batch.output[:, 0], target, reduction="none")
    expected = weight * mean(of_class, batch) + (1 - weight) * mean((batch.output[:, 1] - scaled).abs(), batch)
    torch.testing.assert_close(loss(batch), expected)


def test_each_part_moves_its_own_output_alone(batch):
    for weight, moved in ((1.0, [True, False]), (0.0, [False, True])):
        (gradient,) = torch.autograd.grad(JointLoss(joint_weight=weight)(batch), batch.output)
        assert (gradient.abs().sum(dim=0) > 0).tolist() == moved


def test_parameters_of_a_part_are_given_beside_its_own(batch):
    loss = JointLoss(joint_weight=1.0, focal_gamma=0.5, focal_alpha=0.7)
    assert loss.losses[0] == Focal(focal_gamma=0.5, focal_alpha=0.7)
    torch.testing.assert_close(loss(batch), Focal(focal_gamma=0.5, focal_alpha=0.7)(batch.column(0)))
    other = JointLoss(joint_class="cross_entropy", focal_gamma=0.5)  # of a part that is not chosen: no effect
    assert torch.equal(other(batch), JointLoss(joint_class="cross_entropy")(batch))
    assert JointLoss(**loss.model_dump()) == loss


def test_its_head_is_a_logit_and_a_value():
    head = JointLoss().head
    assert [part.kind for part in head.parts] == ["logit", "value"]
    assert head.width(2) == 2


def test_its_parts_are_losses_of_one_target():
    assert {"focal", "cross_entropy"} <= set(part_losses("class"))
    assert {"mse", "mae"} <= set(part_losses("number"))
    assert "joint" not in {*part_losses("class"), *part_losses("number")}
    for name in part_losses("class"):
        for other in part_losses("number"):
            assert [one.name for one in JointLoss(joint_class=name, joint_return=other).losses] == [name, other]
    assert not LOSSES["focal"].parts


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"joint_weight": 1.5}, "joint_weight must be less than or equal to 1, got 1.5."),
        ({"joint_weight": -0.1}, "joint_weight must be greater than or equal to 0, got -0.1."),
        ({"joint_class": "mse"}, f"joint_class must be {' or '.join(part_losses('class'))}, got 'mse'."),
        ({"joint_return": "joint"}, f"joint_return must be {' or '.join(part_losses('number'))}, got 'joint'."),
        ({"focal_gama": 1.0}, "focal_gama is not a parameter. Did you mean 'focal_gamma'?"),
        ({"focal_gamma": -1.0}, "focal_gamma must be greater than or equal to 0, got -1.0."),
    ],
)
def test_what_is_wrong_is_said_in_words(given, problem):
    with pytest.raises(ValidationError) as caught:
        JointLoss(**given)
    assert problems_of(caught.value, JointLoss) == [problem]
