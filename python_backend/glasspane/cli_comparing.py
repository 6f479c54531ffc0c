"""``glasspane compare`` and ``glasspane diff``."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from .attribution.methods import COMPARED, METHODS, method, resolve_options
from .cli_options import (
    add_explain_options,
    add_method_options,
    add_question_options,
    chosen_options,
    chosen_target,
    options_of_each,
)
from .cli_streams import standard_input, write, write_page
from .errors import GlasspaneError


def add_comparing_commands(commands: Any) -> None:
    """Two subcommands of the parser's ``commands``."""
    compare = commands.add_parser("compare", help="do several methods say the same of a prompt?")
    add_question_options(compare)
    compare.add_argument(
        "--methods",
        default=",".join(COMPARED),
        metavar="A,B,…",
        help=f"2 to 8 of: {', '.join(METHODS)} (default: %(default)s)",
    )
    add_method_options(compare, "an option, for every one of the methods that has it")
    _add_output_options(compare)
    compare.add_argument("prompt", help="the prompt; - reads it from standard input")
    compare.set_defaults(model="demo-lm", run=_compare)

    diff = commands.add_parser("diff", help="what does an edit of the prompt change?")
    add_explain_options(diff)
    diff.add_argument(
        "--own-answers",
        action="store_true",
        help="explain each prompt's own answer instead of the first one's in both",
    )
    _add_output_options(diff)
    diff.add_argument("before", help="the prompt before; - reads it from standard input")
    diff.add_argument("after", help="the prompt after; - reads it from standard input")
    diff.set_defaults(model="demo-lm", run=_diff)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, nothing else"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a self-contained page")


def _compare(given: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    from .display.comparison import report

    # Loading takes seconds: a misspelt method or option should not.
    rows = options_of_each(given, [name.strip() for name in given.methods.split(",") if name.strip()])
    for name, options in rows:
        resolve_options(method(name), options)
    from .comparing import compare

    text = standard_input() if given.prompt == "-" else given.prompt
    result = compare(_subject(given), text=text, methods=rows, **_asked(given))
    return _say(given, result, report(result.data))


def _diff(given: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    from .display.prompt_diff import report

    options = chosen_options(given)
    resolve_options(method(given.method), options)
    if given.before == given.after == "-":
        raise GlasspaneError(
            "bad_request", "Standard input holds one prompt, not two.", "Give the other one as an argument."
        )
    from .comparing import diff

    before, after = (standard_input() if text == "-" else text for text in (given.before, given.after))
    choices: dict[str, Any] = {**_asked(given), **options, "same_target": not given.own_answers}
    result = diff(_subject(given), before, after, method=given.method, **choices)
    return _say(given, result, report(result.data))


def _subject(given: argparse.Namespace) -> Any:
    from .api import subject

    return subject(given.model)


def _asked(given: argparse.Namespace) -> dict[str, Any]:
    """Target, score and template as ``gp.explain`` takes them."""
    return {
        "target": chosen_target(given),
        "completion": given.completion if given.generate is None else True,
        "new_tokens": 16 if given.generate is None else given.generate,
        "each": given.each,
        "score": given.score,
        "template": "chat" if given.chat else "raw",
    }


def _say(given: argparse.Namespace, result: Any, text: str) -> int:
    if given.html:
        write_page(result.html(), given.html)
    write(result.json() if given.json else text, as_json=given.json)
    return 0
