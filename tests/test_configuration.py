"""Pydantic's errors become one sentence per mistake: parameter, rule, value, remedy."""

from typing import Annotated, Literal, Self

import pytest
from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from trading_hpo.configuration import Config, flatten, problems_of


class Circle(Config):
    shape: Literal["circle"]
    radius: float = Field(gt=0)


class Box(Config):
    shape: Literal["box"]
    low: int
    high: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low must be at most high, got low {self.low} and high {self.high}.")
        return self


Shape = Annotated[Annotated[Circle | Box, Field(discriminator="shape")], BeforeValidator(lambda value: value)]


class Leaf(Config):
    count: int = Field(default=1, ge=1, strict=True)
    word: str = Field(default="a", pattern="^[a-z]+$")
    names: tuple[str, ...] = Field(default=("a",), min_length=1, max_length=2)

    @field_validator("names")
    @classmethod
    def _no_x(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [f"no {name!r} please." for name in names if name.startswith("x")]
        if wrong:
            raise ValueError(*wrong)
        return names


class Tree(Config):
    leaf: Leaf = Leaf()
    leaves: tuple[Leaf, ...] = Field(default=(), min_length=1)
    either: int | Literal["auto"] = "auto"
    several: str | tuple[str, ...] = "all"
    maybe: float | None = None
    flag: bool = False
    shapes: dict[str, Shape] = Field(default_factory=dict)
    free: dict[str, Shape | bool | int | str | None] = Field(default_factory=dict)
    needed: int = 1

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.needed == 13:
            raise ValueError("leaf.count must not go with 13.", "the year must have 12 months.")
        return self


def problems(prefix: str = "", **values) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Tree(**values)
    return problems_of(caught.value, Tree, prefix)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        # a rule of one value
        ({"leaf": {"count": 0}}, "leaf.count must be greater than or equal to 1, got 0."),
        ({"leaf": {"count": 2.5}}, "leaf.count must be a whole number, got 2.5."),
        ({"leaf": {"count": "many"}}, "leaf.count must be a whole number, got 'many'."),
        ({"leaf": {"count": None}}, "leaf.count must be a whole number, got null."),
        ({"leaf": {"word": "A"}}, "leaf.word must be text that matches ^[a-z]+$, got 'A'."),
        ({"leaf": {"word": 3}}, "leaf.word must be text, got 3."),
        ({"leaf": {"names": []}}, "leaf.names must be a list of at least 1, got []."),
        ({"leaf": {"names": ["a", "b", "c"]}}, "leaf.names must be a list of at most 2, got ['a', 'b', 'c']."),
        ({"leaf": {"names": ["a", 2]}}, "leaf.names.1 must be text, got 2."),
        ({"leaf": 3}, "leaf must be a mapping, got 3."),
        ({"leaf": None}, "leaf must be a mapping, got null."),
        ({"maybe": "x"}, "maybe must be a number, got 'x'."),
        ({"maybe": float("nan")}, "maybe must be a finite number, got nan."),
        ({"flag": "perhaps"}, "flag must be true or false, got 'perhaps'."),
        ({"needed": "x"}, "needed must be a whole number, got 'x'."),
        # a key that is none
        ({"laef": {}}, "laef is not a parameter. Did you mean 'leaf'?"),
        ({"leaf": {"cuont": 1}}, "leaf.cuont is not a parameter. Did you mean 'count'?"),
        ({"leaf": {"zzzzz": 1}}, "leaf.zzzzz is not a parameter. Known: count, names, word."),
        ({"leaves": [{}, {"wrod": 1}]}, "leaves.1.wrod is not a parameter. Did you mean 'word'?"),
        (
            {"shapes": {"a": {"shape": "box", "low": 1, "high": 2, "hihg": 3}}},
            "shapes.a.hihg is not a parameter. Did you mean 'high'?",
        ),
        (
            {"shapes": {"a": {"shape": "circle", "radius": 1, "zz": 3}}},
            "shapes.a.zz is not a parameter. Known: radius, shape.",
        ),
        # a union is one mistake, and its branches are nobody's parameters
        ({"either": "x"}, "either must be a whole number or 'auto', got 'x'."),
        ({"either": 2.5}, "either must be a whole number or 'auto', got 2.5."),
        ({"several": 3}, "several must be text or a list, got 3."),
        ({"several": ["a", 3]}, "several.1 must be text, got 3."),
        ({"shapes": {"a": {"shape": "disc"}}}, "shapes.a.shape must be one of 'circle', 'box', got 'disc'."),
        ({"shapes": {"a": {"radius": 1}}}, "shapes.a.shape is missing."),
        ({"shapes": {"a": {"shape": "circle"}}}, "shapes.a.radius is missing."),
        ({"shapes": {"a": 3}}, "shapes.a must be a mapping, got 3."),
        ({"free": {"a": {"shape": "circle"}}}, "free.a.radius is missing."),
        ({"free": {"a": {"shape": "disc"}}}, "free.a.shape must be one of 'circle', 'box', got 'disc'."),
        (
            {"free": {"a": {"shape": "box", "low": 3, "high": 2}}},
            "free.a.low must be at most high, got low 3 and high 2.",
        ),
        ({"free": {"a": [1]}}, "free.a must be a mapping or true or false or a whole number or text, got [1]."),
        # a validator's own words
        (
            {"shapes": {"a": {"shape": "box", "low": 3, "high": 2}}},
            "shapes.a.low must be at most high, got low 3 and high 2.",
        ),
        ({"leaf": {"names": ["x"]}}, "leaf.names: no 'x' please."),
        # one bad item is not also a list that is too short
        ({"leaves": [{"count": 0}]}, "leaves.0.count must be greater than or equal to 1, got 0."),
    ],
)
def test_one_mistake_is_one_sentence(values, sentence):
    assert problems(**values) == [sentence]
    assert problems("group", **values) == [f"group.{sentence}"]


def test_a_validator_may_report_several_mistakes():
    assert problems(leaf={"names": ["x", "xy"]}) == ["leaf.names: no 'x' please.", "leaf.names: no 'xy' please."]
    assert problems(needed=13) == ["leaf.count must not go with 13.", "the year must have 12 months."]
    assert problems("group", needed=13) == [
        "group.leaf.count must not go with 13.",
        "group: the year must have 12 months.",
    ]


def test_a_validator_that_names_its_parameter_itself_is_not_given_the_name_twice():
    class Fold(Config):
        n: int = 1
        m: int = 1

        @field_validator("n")
        @classmethod
        def _one(cls, n: int) -> int:
            if n != 1:
                raise ValueError(f"n must be 1, got {n}.")
            return n

        @model_validator(mode="after")
        def _both(self) -> Self:
            if self.m != 1:
                raise ValueError("folds.m must be 1.")
            return self

    class Whole(Config):
        folds: Fold = Fold()

    for inner, sentence in (({"n": 2}, "folds.n must be 1, got 2."), ({"m": 2}, "folds.m must be 1.")):
        with pytest.raises(ValidationError) as caught:
            Whole(folds=inner)
        assert problems_of(caught.value, Whole) == [sentence]


def test_all_mistakes_are_told_in_the_order_of_the_parameters():
    assert problems(leaf={"count": 0, "word": "A"}, either="x", shapes={"a": {"shape": "disc"}}, zz=1) == [
        "leaf.count must be greater than or equal to 1, got 0.",
        "leaf.word must be text that matches ^[a-z]+$, got 'A'.",
        "either must be a whole number or 'auto', got 'x'.",
        "shapes.a.shape must be one of 'circle', 'box', got 'disc'.",
        "zz is not a parameter. Known: either, flag, free, leaf, leaves, maybe, needed, several, shapes.",
    ]


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Leaf().count = 2


def test_flatten_keeps_lists_and_empty_mappings_whole():
    assert flatten({"a": {"b": {"c": 1}, "d": [{"e": 2}]}, "f": {}}) == {"a.b.c": 1, "a.d": [{"e": 2}], "f": {}}
