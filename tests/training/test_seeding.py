from itertools import combinations
from typing import Any

import pytest
import torch

from trading_hpo.training.seeding import RandomStream, fold_seed

PARAMETERS: dict[str, Any] = {"learning_rate": 1e-3, "layers": 2, "use_layer_norm": True}


def draw(stream: RandomStream, n: int = 3) -> list[float]:
    with stream.entered():
        return torch.rand(n).tolist()


def test_seed_does_not_depend_on_the_order_of_the_parameters() -> None:
    backwards = dict(reversed(PARAMETERS.items()))
    assert list(backwards) != list(PARAMETERS)
    assert fold_seed(1, 0, PARAMETERS) == fold_seed(1, 0, backwards)


def test_seed_is_the_same_however_often_it_is_asked_for() -> None:
    assert len({fold_seed(1, 0, dict(PARAMETERS)) for _ in range(5)}) == 1


def test_seeds_of_studies_folds_and_parameters_differ() -> None:
    cases: list[tuple[int, int, dict[str, Any]]] = [
        (1, 0, PARAMETERS),
        (2, 0, PARAMETERS),
        (1, 1, PARAMETERS),
        (1, -1, PARAMETERS),
        (0, 1, PARAMETERS),
        (11, 0, PARAMETERS),
        (1, 10, PARAMETERS),
        (1, 0, {}),
        (1, 0, PARAMETERS | {"learning_rate": 1e-3 + 1e-18}),
        (1, 0, PARAMETERS | {"layers": 3}),
        (1, 0, {"layer": 2, "learning_rate": 1e-3, "use_layer_norm": True}),
    ]
    seeds = [fold_seed(*case) for case in cases]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize(("one", "other"), list(combinations([1, 1.0, True, "1", 0, False, None], 2)))
def test_values_of_another_kind_give_another_seed(one: Any, other: Any) -> None:
    assert fold_seed(1, 0, {"value": one}) != fold_seed(1, 0, {"value": other})


@pytest.mark.parametrize("fold", range(-1, 20))
def test_seed_fits_the_generator(fold: int) -> None:
    seed = fold_seed(2**63 - 1, fold, PARAMETERS)
    assert 0 <= seed < 2**63
    RandomStream(seed)


def test_a_stream_draws_what_torch_draws_from_that_seed() -> None:
    drawn = draw(RandomStream(5))
    with torch.random.fork_rng():
        torch.manual_seed(5)
        assert drawn == torch.rand(3).tolist()


def test_interleaved_streams_draw_what_they_draw_one_after_another() -> None:
    first, second = RandomStream(1), RandomStream(2)
    alone = [[draw(stream) for _ in range(4)] for stream in (first, second)]
    first, second = RandomStream(1), RandomStream(2)
    mixed: list[list[list[float]]] = [[], []]
    for turn in (0, 1, 1, 0, 0, 1, 0, 1):
        mixed[turn].append(draw((first, second)[turn]))
    assert mixed == alone
    assert len({tuple(numbers) for numbers in alone[0]}) == 4, "a stream goes on where it left off"
    assert alone[0] != alone[1]


def test_dropout_draws_from_the_entered_stream() -> None:
    def masks(stream: RandomStream) -> torch.Tensor:
        with stream.entered():
            return torch.nn.functional.dropout(torch.ones(100), 0.5)

    assert torch.equal(masks(RandomStream(1)), masks(RandomStream(1)))
    assert not torch.equal(masks(RandomStream(1)), masks(RandomStream(2)))


def test_the_outer_stream_never_notices() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        expected = torch.rand(4).tolist()
        torch.manual_seed(3)
        stream, seen = RandomStream(1), []
        for _ in range(4):
            draw(stream)
            seen.append(float(torch.rand(1)))
        assert seen == expected


def test_an_error_inside_puts_the_outer_stream_back_and_keeps_the_place() -> None:
    def fail(stream: RandomStream) -> None:
        with stream.entered():
            torch.rand(3)
            raise KeyError

    stream, twin = RandomStream(1), RandomStream(1)
    before = torch.get_rng_state()
    with pytest.raises(KeyError):
        fail(stream)
    assert torch.equal(torch.get_rng_state(), before)
    draw(twin)
    assert draw(stream) == draw(twin)
