"""``glasspane lens``."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from .cli_options import chosen_target
from .cli_streams import standard_input, write, write_page


def add_lens_command(commands: Any) -> None:
    """A subcommand of the parser's ``commands``."""
    lens = commands.add_parser("lens", help="after which layer does the answer appear, and what adds to it?")
    lens.add_argument("--model", "-m", help="bundled name, folder or hub id (default: %(default)s)")
    lens.add_argument("--target", "-t", help="next token to follow, by text (default: the likeliest)")
    lens.add_argument("--target-id", type=int, help="the same by token id")
    lens.add_argument("--versus", help="follow --target rather than this one")
    lens.add_argument(
        "--position",
        type=int,
        default=-1,
        help="the token after which the answer is read (default: the last)",
    )
    lens.add_argument("--last", type=int, metavar="N", help="only the last N positions")
    lens.add_argument(
        "--top", type=int, default=5, metavar="K", help="likeliest tokens per layer and position"
    )
    lens.add_argument("--no-direct", action="store_true", help="leave the attribution to heads and MLPs out")
    lens.add_argument("--chat", action="store_true", help="send the text through the chat template")
    lens.add_argument("--json", action="store_true", help="print the result as one JSON object, nothing else")
    lens.add_argument("--html", type=Path, metavar="FILE", help="also write a self-contained page")
    lens.add_argument("prompt", help="the prompt; - reads it from standard input")
    lens.set_defaults(model="demo-lm", run=_lens)


def _lens(given: argparse.Namespace) -> int:
    # Standard output belongs to the result; libraries log to standard error.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    target = chosen_target(given)
    from .api import subject
    from .display.lens import lines
    from .lensing import lens

    result = lens(
        subject(given.model),
        text=standard_input() if given.prompt == "-" else given.prompt,
        target=target,
        position=given.position,
        last=given.last,
        top=given.top,
        direct=not given.no_direct,
        template="chat" if given.chat else "raw",
    )
    if given.html:
        write_page(result.html(), given.html)
    write(result.json() if given.json else "\n".join(lines(result.data)), as_json=given.json)
    return 0
