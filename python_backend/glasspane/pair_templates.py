"""Pairs of prompts from templates: ``gp.pairs``."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from string import Formatter
from typing import Any

from .errors import GlasspaneError
from .figures import whole_number

_WIDE = re.compile(r"[{}]|\d{4}")
"""In what follows a hole's colon: a width that nobody means would fill the memory."""

Pair = tuple[str, str, str, str]

LISTED = 20_000
"""So many choices are listed and drawn from; of more, some are drawn one by one."""


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
    if count is not None and ((number := whole_number(count)) is None or number < 1):
        raise GlasspaneError("bad_option", f"count cannot be {count!r}.", "Give how many pairs, from 1.")
    names = list(values)
    if count is not None and prod(len(values[name]) for name in names) > LISTED:
        chosen = _drawn(values, count, seed)
    else:
        chosen = [
            dict(zip(names, combination, strict=True))
            for combination in product(*(values[name] for name in names))
            if _differ(combination)
        ]
    if count is not None and count < len(chosen):
        chosen = random.Random(seed).sample(chosen, count)
    if not chosen:
        raise GlasspaneError(
            "bad_option", "No choice of values is left.", "Give every hole values that others do not have."
        )
    try:
        return [
            (clean.format(**each), corrupted.format(**each), right.format(**each), wrong.format(**each))
            for each in chosen
        ]
    except (ValueError, TypeError) as problem:
        raise GlasspaneError(
            "bad_option", f"A hole cannot be filled as it is written: {problem}.", "Write {name} alone."
        ) from problem


def _differ(combination: Sequence[Any]) -> bool:
    return len(set(map(str, combination))) == len(combination)


def _drawn(values: Mapping[str, Sequence[Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """``count`` different choices out of too many to be listed; fewer where hardly any has no word twice."""
    draw = random.Random(seed)
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for _ in range(20 * count):
        choice = {name: draw.choice(each) for name, each in values.items()}
        if _differ(list(choice.values())):
            found.setdefault(tuple(map(str, choice.values())), choice)
        if len(found) == count:
            break
    return list(found.values())


def _holes(template: str) -> list[str]:
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as problem:
        raise GlasspaneError(
            "bad_option", f"A template cannot be read: {problem}.", "Write {{ and }} for braces themselves."
        ) from problem
    found = [name for _, name, _, _ in parsed if name is not None]
    if any(spec and _WIDE.search(spec) for _, _, spec, _ in parsed):
        raise GlasspaneError(
            "bad_option", "A hole of a template is too wide, or holds another one.", "Write {name} alone."
        )
    if any(not name.isidentifier() for name in found):
        raise GlasspaneError(
            "bad_option", "A hole of a template has no name.", "Write {name}, and give name=[…]."
        )
    return found
