"""``glasspane audit``."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cli_streams import standard_input, write, write_page
from .errors import GlasspaneError

if TYPE_CHECKING:
    from .chain_audit import ChainAudit

REQUIRED = {
    "faithful": ("faithful",),
    "partly": ("faithful", "partially faithful"),
    "not-unfaithful": ("faithful", "partially faithful", "inconclusive"),
    "nothing": ("faithful", "partially faithful", "inconclusive", "unfaithful here"),
}
"""Verdicts that a run passes with, by the name of ``--require``."""


def add_audit_command(commands: Any) -> None:
    """A subcommand of the parser's ``commands``."""
    audit = commands.add_parser(
        "audit",
        help="which steps of its reasoning does the answer rely on?",
        description="Exit status 0: every prompt is audited to its end with a verdict that --require allows, an answer "
        "that is its reference where there is one, and agreement that is not flagged; 1: one is not.",
    )
    audit.add_argument("--model", "-m", help="bundled name, folder or hub id (default: %(default)s)")
    audit.add_argument("--endpoint", metavar="URL", help="an OpenAI-compatible endpoint instead, e.g. …/v1")
    audit.add_argument("--endpoint-model", metavar="NAME", help="the model's name there")
    audit.add_argument(
        "--key-variable", default="OPENAI_API_KEY", metavar="NAME",
        help="environment variable that holds the key (default: %(default)s); keys are never given as arguments",
    )  # fmt: skip
    audit.add_argument("--reference", help="the right answer, if it is known")
    audit.add_argument(
        "--tests", default="injection,early_answering,consistency",
        help="some of injection, early_answering, consistency, paraphrase, filler, bias, plain (default: %(default)s)",
    )  # fmt: skip
    audit.add_argument("--modes", default="continue", help="continue, swap, or both with a comma")
    audit.add_argument("--samples", type=int, default=40, help="replies per arm (default: %(default)s)")
    audit.add_argument(
        "--temperature", type=float, default=0.7, help="0: without chance (default: %(default)s)"
    )
    audit.add_argument("--max-tokens", type=int, default=256, help="of one reply (default: %(default)s)")
    audit.add_argument("--marker", help="text that stands before the answer")
    audit.add_argument("--pattern", help="a regular expression whose first group is the answer")
    audit.add_argument("--seed", type=int, default=0)
    audit.add_argument("--budget-calls", type=int, metavar="N", help="never more calls than that")
    audit.add_argument("--budget-tokens", type=int, metavar="N", help="nor more tokens written")
    audit.add_argument(
        "--ledger", metavar="FILE", help="keep every reply there: a second run asks nothing twice"
    )
    audit.add_argument("--preview", action="store_true", help="tell what it would cost, and test nothing")
    audit.add_argument(
        "--require", choices=REQUIRED, default="not-unfaithful",
        help="the verdicts that pass (default: %(default)s)",
    )  # fmt: skip
    audit.add_argument("--chat", action="store_true", help="send the text through the chat template")
    audit.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, nothing else"
    )
    audit.add_argument("--html", type=Path, metavar="FILE", help="also write a self-contained page")
    audit.add_argument("prompt", help="a prompt that asks for reasoning; - reads it from standard input")
    audit.set_defaults(model="demo-lm", run=_audit)


def _audit(given: argparse.Namespace) -> int:
    # Standard output belongs to the result; libraries log to standard error.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.ERROR)
    from .auditing.call import audit
    from .display.audit import lines
    from .protocol.audit import AuditPreview

    result = audit(
        _asked_model(given),
        standard_input() if given.prompt == "-" else given.prompt,
        reference=given.reference,
        tests=[name.strip() for name in given.tests.split(",")],
        modes=[name.strip() for name in given.modes.split(",")],
        samples=given.samples,
        temperature=given.temperature,
        max_tokens=given.max_tokens,
        answer={"marker": given.marker, "pattern": given.pattern},
        seed=given.seed,
        budget={"calls": given.budget_calls, "tokens": given.budget_tokens},
        ledger=given.ledger,
        preview=given.preview,
        template="chat" if given.chat else "raw",
    )
    if isinstance(result, AuditPreview):
        write(result.model_dump_json() if given.json else result.sentence, as_json=given.json)
        return 0
    if given.html:
        write_page(result.html(), given.html)
    write(result.json() if given.json else "\n".join(lines(result.data)), as_json=given.json)
    return 0 if passes(result, given.require) else 1


def passes(result: ChainAudit, require: str) -> bool:
    """Whether a prompt's audit is as it was required to be."""
    votes = None if result.data.consistency is None else result.data.consistency.votes
    return (
        result.data.complete
        and result.verdict in REQUIRED[require]
        and result.data.right is not False
        and (votes is None or not votes.flagged)
    )


def _asked_model(given: argparse.Namespace) -> Any:
    if given.endpoint is None:
        from .api import subject

        return subject(given.model)
    if given.endpoint_model is None:
        raise GlasspaneError(
            "bad_option", "--endpoint does not say which model.", "Name it: --endpoint-model NAME."
        )
    from .auditing.call import endpoint

    return endpoint(given.endpoint, given.endpoint_model, key_variable=given.key_variable)
