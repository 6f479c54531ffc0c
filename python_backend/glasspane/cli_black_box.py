"""``glasspane blackbox``."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any, get_args

from .cli_audit import add_budget_options, add_model_options, asked_model, asked_prices
from .cli_streams import standard_input, writable, write, write_page
from .errors import GlasspaneError
from .protocol.black_box import BlackBoxMethod, BlackBoxScore, PieceGrain


def add_black_box_command(commands: Any) -> None:
    """A subcommand of the parser's ``commands``."""
    black_box = commands.add_parser(
        "blackbox",
        help="which words, sentences or messages does the answer depend on? By asking alone: for APIs too",
        description="Versions of the prompt with pieces missing are asked. Exit status 0: all of them were; 1: the "
        "budget was spent before, or it could not be done.",
    )
    add_model_options(black_box)
    black_box.add_argument("--method", choices=get_args(BlackBoxMethod.__value__), default="occlusion")
    black_box.add_argument(
        "--grain", choices=get_args(PieceGrain.__value__), default="sentences", help="(default: %(default)s)"
    )
    black_box.add_argument("--answer", help="the answer in question (default: the model's own)")
    black_box.add_argument("--marker", help="text that stands before the answer in a reply")
    black_box.add_argument("--pattern", help="a regular expression whose first group is the answer")
    black_box.add_argument(
        "--score", choices=get_args(BlackBoxScore.__value__),
        help="the answer's log-probability, or the share of sampled replies that give it (default: auto)",
    )  # fmt: skip
    black_box.add_argument(
        "--replacement", help="a text in each missing piece's place (default: it is deleted)"
    )
    black_box.add_argument("--samples", type=int, help="replies to each version (default: 20)")
    black_box.add_argument("--maskings", type=int, help="versions of the prompt, at most (default: 64)")
    black_box.add_argument("--temperature", type=float, help="above 0 (default: 0.7)")
    black_box.add_argument("--max-tokens", type=int, help="of one reply (default: 256)")
    black_box.add_argument("--seed", type=int)
    add_budget_options(black_box, "never more calls than that")
    black_box.add_argument(
        "--preview", action="store_true", help="tell what it would cost; only what that takes is asked"
    )
    black_box.add_argument("--chat", action="store_true", help="send the text through the chat template")
    black_box.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, nothing else"
    )
    black_box.add_argument("--html", type=Path, metavar="FILE", help="also write a self-contained page")
    black_box.add_argument(
        "--messages", type=Path, metavar="FILE",
        help='a conversation in place of the prompt: JSON, [{"role": "user", "content": "…"}, …]',
    )  # fmt: skip
    black_box.add_argument("prompt", nargs="?", help="the prompt; - reads it from standard input")
    black_box.set_defaults(run=_black_box)


def _black_box(given: argparse.Namespace) -> int:
    # Standard output belongs to the result; libraries log to standard error.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.ERROR)
    writable(given.html)
    prompt = _prompt(given)
    from .auditing.prompt_audits import Sources
    from .black_box.call import explain_black_box
    from .display.black_box import lines
    from .protocol.audit import AuditPreview

    source, found = Sources().of(asked_model(given))
    result = explain_black_box(
        source if found is None else found,
        prompt,
        method=given.method,
        grain=given.grain,
        answer=given.answer,
        template="chat" if given.chat else "raw",
        preview=given.preview,
        **_options(given),
    )
    if isinstance(result, AuditPreview):
        write(result.model_dump_json() if given.json else result.sentence, as_json=given.json)
        return 0
    if given.html:
        write_page(result.html(), given.html)
    if given.json:
        write(result.json(), as_json=True)
    else:
        write("\n".join(lines(result.data)))
    return 0 if result.data.complete else 1


def _prompt(given: argparse.Namespace) -> Any:
    if (given.prompt is None) == (given.messages is None):
        raise GlasspaneError(
            "bad_option", "Either a prompt or --messages is asked about.", "Give one of the two."
        )
    if given.messages is None:
        return standard_input() if given.prompt == "-" else given.prompt
    try:
        return json.loads(given.messages.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise GlasspaneError(
            "bad_request",
            f"{given.messages} cannot be read as JSON.",
            'Write [{"role": "user", "content": "…"}] into it.',
            detail=str(problem),
        ) from problem


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """What was said, as :class:`~glasspane.protocol.black_box.BlackBoxRequest` has it."""
    said: dict[str, Any] = {
        name: getattr(given, name)
        for name in (
            *("score", "replacement", "samples", "maskings"),
            *("temperature", "max_tokens", "seed", "ledger"),
        )
    }
    said["prices"] = asked_prices(given.prices)
    reading = {"marker": given.marker, "pattern": given.pattern}
    budget = {"calls": given.budget_calls, "tokens": given.budget_tokens}
    for name, parts in (("reading", reading), ("budget", budget)):
        said[name] = {part: value for part, value in parts.items() if value is not None} or None
    return {name: value for name, value in said.items() if value is not None}
