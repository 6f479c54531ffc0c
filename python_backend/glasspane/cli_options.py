"""Options shared by ``glasspane explain`` and ``%%explain``, made from the method table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from .attribution.methods import METHODS, method
from .errors import GlasspaneError
from .protocol import Target
from .subjects import Subject


def add_explain_options(parser: argparse.ArgumentParser) -> None:
    """What is asked, and by which method."""
    parser.add_argument("--method", default="integrated_gradients", help=f"one of: {', '.join(METHODS)}")
    add_question_options(parser)
    add_method_options(parser, "any option of the method")


def add_check_option(parser: argparse.ArgumentParser) -> None:
    """Whether the explanation is checked too."""
    parser.add_argument(
        "--check", action="store_true", help="also say how far to trust it: figures beside random rankings"
    )


def add_question_options(parser: argparse.ArgumentParser) -> None:
    """Of which model, which answer and which score."""
    parser.add_argument("--model", "-m", help="bundled name, folder, hub id, or (in a notebook) a variable")
    parser.add_argument(
        "--target", "-t", help="next token or class to explain, by text (default: the likeliest)"
    )
    parser.add_argument("--target-id", type=int, help="the same by token id or class index")
    parser.add_argument("--versus", help="explain --target rather than this one")
    completion = parser.add_mutually_exclusive_group()
    completion.add_argument("--completion", help="explain this whole continuation instead of one token")
    completion.add_argument(
        "--generate",
        type=int,
        metavar="TOKENS",
        help="explain what the model itself says next, at most this many tokens",
    )
    parser.add_argument("--each", action="store_true", help="every token of the completion by itself")
    parser.add_argument("--score", default="logit", choices=["logit", "log_prob", "prob"])
    parser.add_argument("--chat", action="store_true", help="send the text through the chat template")


def add_method_options(parser: argparse.ArgumentParser, which: str) -> None:
    """The options of one method or several."""
    parser.add_argument("--baseline", help="default, mean, zero, pad, mask, or a text")
    parser.add_argument("--option", "-o", action="append", default=[], metavar="NAME=VALUE", help=which)


def options_of_each(
    given: argparse.Namespace, names: Sequence[str]
) -> list[tuple[str, dict[str, bool | int | float | str]]]:
    """Every method with those of the given options that it has; raises ``bad_option`` for one that none has."""
    known = {name: {option.name for option in method(name).spec.options} for name in names}
    asked = {pair.partition("=")[0] for pair in given.option} | ({"baseline"} if given.baseline else set())
    for option in sorted(asked):
        if not any(option in own for own in known.values()):
            raise GlasspaneError(
                "bad_option",
                f"None of these methods has an option called {option!r}.",
                "glasspane methods lists what each has.",
            )
    return [
        (
            name,
            {
                option: value
                for option, value in chosen_options(
                    argparse.Namespace(**{**vars(given), "method": name})
                ).items()
                if option in known[name]
            },
        )
        for name in names
    ]


def chosen_options(given: argparse.Namespace) -> dict[str, bool | int | float | str]:
    """Method options with the types the table asks for; raises ``bad_option``."""
    types = {option.name: option.type for option in method(given.method).spec.options}
    options: dict[str, bool | int | float | str] = {}
    for pair in given.option:
        name, equals, value = pair.partition("=")
        if not equals:
            raise GlasspaneError(
                "bad_option", f"{pair!r} is not NAME=VALUE.", "Write e.g. --option max_steps=64."
            )
        options[name] = _typed(name, value, types.get(name))
    if given.baseline is not None:
        options["baseline"] = given.baseline
    return options


def chosen_target(given: argparse.Namespace) -> Any:
    """None, a text, an id or a pair, as ``gp.explain`` takes it."""
    if given.target is not None and given.target_id is not None:
        raise GlasspaneError(
            "unknown_target", "Both --target and --target-id are given.", "Name the answer by one of them."
        )
    chosen = given.target if given.target_id is None else given.target_id
    if given.versus is None:
        return chosen
    if chosen is None:
        raise GlasspaneError("unknown_target", "--versus needs a --target.", "Name both answers.")
    return (chosen, given.versus)


def typed_target(found: Subject, given: argparse.Namespace) -> Target:
    """What is to be explained; raises ``unknown_target`` or ``bad_option``."""
    from .api import resolve_target

    if given.generate is None:
        return resolve_target(found, chosen_target(given), given.completion, each=given.each)
    return resolve_target(found, chosen_target(given), True, each=given.each, new_tokens=given.generate)


def _typed(name: str, value: str, kind: str | None) -> bool | int | float | str:
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return float(value)
    except ValueError:
        raise GlasspaneError("bad_option", f"{name} cannot be {value!r}.", "Give a number.") from None
    if kind == "boolean":
        return value.casefold() in ("1", "true", "yes", "on")
    return value
