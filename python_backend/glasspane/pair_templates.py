"""Pairs of prompts from templates: ``gp.pairs``."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from string import Formatter
from typing import Any

from .errors import GlasspaneError

Pair = tuple[str, str, str, str]


def pairs(
    clean: str,
    corrupted: str,
    right: str,
    wrong: str,
    *,
    count: int | None = None,
    seed: int = 0,
    **values: Sequence[Any],
) -> list[Pair]:
    """``(clean, corrupted, right, wrong)`` for every choice of ``values`` to fill the templates' holes with.

    Holes are written as in ``str.format``: ``pairs("{a} and {b} met. {b} greeted", "{a} and {b} met. {a} greeted",
    " {a}", " {b}", a=["Mary", "Anna"], b=["John", "Tom"])``. Choices that put the same value into two holes are
    left out. ``count`` draws so many of them, by ``seed``. Raises ``bad_option``.
    """
    templates = {"clean": clean, "corrupted": corrupted, "right": right, "wrong": wrong}
    holes = {hole for template in templates.values() for hole in _holes(template)}
    missing, unused = sorted(holes - set(values)), sorted(set(values) - holes)
    if missing or unused:
        what = f"no values for {', '.join(missing)}" if missing else f"no hole for {', '.join(unused)}"
        raise GlasspaneError(
            "bad_option",
            f"The templates and the values do not fit: {what}.",
            "Give each hole {name} a list of values: name=[…].",
        )
    names = list(values)
    chosen = [
        dict(zip(names, combination, strict=True))
        for combination in product(*(values[name] for name in names))
        if len(set(map(str, combination))) == len(combination)
    ]
    if count is not None and count < len(chosen):
        chosen = random.Random(seed).sample(chosen, count)
    if not chosen:
        raise GlasspaneError(
            "bad_option", "No choice of values is left.", "Give every hole values that others do not have."
        )
    made = [
        tuple(template.format(**filling) for template in (clean, corrupted, right, wrong))
        for filling in chosen
    ]
    return made  # type: ignore[return-value]


def _holes(template: str) -> list[str]:
    try:
        found = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    except ValueError as problem:
        raise GlasspaneError(
            "bad_option", f"A template cannot be read: {problem}.", "Write {{ and }} for braces themselves."
        ) from problem
    if any(not name.isidentifier() for name in found):
        raise GlasspaneError(
            "bad_option", "A hole of a template has no name.", "Write {name}, and give name=[…]."
        )
    return found
