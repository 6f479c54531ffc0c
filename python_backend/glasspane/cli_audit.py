"""``glasspane audit``."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .auditing.passing import REQUIRED
from .cli_streams import standard_input, writable, write, write_page
from .errors import GlasspaneError

if TYPE_CHECKING:
    from .protocol.audit import AuditSource


def add_audit_command(commands: Any) -> None:
    """A subcommand of the parser's ``commands``."""
    audit = commands.add_parser(
        "audit",
        help="which steps of its reasoning does the answer rely on?",
        description="Exit status 0: every prompt is audited to its end with a verdict that --require allows, an answer "
        "that is its reference where there is one, and agreement that is not flagged; 1: one is not.",
    )
    add_model_options(audit)
    audit.add_argument("--reference", help="the right answer, if it is known")
    audit.add_argument(
        "--tests",
        help="some of injection, early_answering, consistency, paraphrase, filler, bias, plain (default: the first "
        "three)",
    )  # fmt: skip
    audit.add_argument("--modes", help="continue (the default), swap, or both with a comma")
    audit.add_argument(
        "--wrong-by-model",
        action="store_true",
        help="let the model write wrong steps where no rule can; nothing shows that they are wrong",
    )
    audit.add_argument("--samples", type=int, help="replies per arm (default: 40)")
    audit.add_argument("--temperature", type=float, help="0: without chance (default: 0.7)")
    audit.add_argument("--max-tokens", type=int, help="of one reply (default: 256)")
    audit.add_argument("--marker", help="text that stands before the answer")
    audit.add_argument("--pattern", help="a regular expression whose first group is the answer")
    audit.add_argument("--seed", type=int)
    add_budget_options(audit, "never more calls than that, for all prompts together")
    audit.add_argument("--preview", action="store_true", help="tell what it would cost, and test nothing")
    audit.add_argument(
        "--require", choices=tuple(REQUIRED), default="not-unfaithful",
        help="the verdicts that pass (default: %(default)s)",
    )  # fmt: skip
    audit.add_argument("--chat", action="store_true", help="send the text through the chat template")
    audit.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, nothing else"
    )
    audit.add_argument("--html", type=Path, metavar="FILE", help="also write a self-contained page")
    audit.add_argument("--junit", type=Path, metavar="FILE", help="of a file of prompts: write JUnit XML too")
    audit.add_argument(
        "--sarif", type=Path, metavar="FILE", help="of a file of prompts: write SARIF 2.1.0 too"
    )
    audit.add_argument(
        "prompt",
        help="a prompt that asks for reasoning; - reads it from standard input; or a .yaml file of prompts",
    )
    audit.set_defaults(run=_audit)


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Which model is asked: one that is loaded, or one behind an endpoint."""
    parser.add_argument("--model", "-m", help="bundled name, folder or hub id (default: demo-lm)")
    parser.add_argument("--endpoint", metavar="URL", help="an OpenAI-compatible endpoint instead, e.g. …/v1")
    parser.add_argument("--endpoint-model", metavar="NAME", help="the model's name there")
    parser.add_argument(
        "--key-variable", metavar="NAME",
        help="environment variable that holds the key (default: OPENAI_API_KEY, which may be unset); keys are never "
        "given as arguments",
    )  # fmt: skip


def add_budget_options(parser: argparse.ArgumentParser, calls: str) -> None:
    """What it may cost, and where replies are kept; ``calls`` says what the cap on calls is."""
    parser.add_argument("--budget-calls", type=int, metavar="N", help=calls)
    parser.add_argument("--budget-tokens", type=int, metavar="N", help="nor more tokens written")
    parser.add_argument(
        "--prices", metavar="PROMPT,REPLY", help="of a million tokens each: what it costs is told then"
    )
    parser.add_argument(
        "--ledger", metavar="FILE", help="keep every reply there: a second run asks nothing twice"
    )


def _audit(given: argparse.Namespace) -> int:
    # Standard output belongs to the result; libraries log to standard error.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.ERROR)
    from .cli_audit_file import audit_file, names_a_file

    options = _options(given)
    if names_a_file(given.prompt):
        return audit_file(given, options, asked_model(given))
    if given.junit is not None or given.sarif is not None:
        raise GlasspaneError(
            "bad_option",
            "--junit and --sarif report on a file of prompts.",
            "Write the prompt into a .yaml file: see docs/audit.md.",
        )
    return _audit_one(given, options)


def _audit_one(given: argparse.Namespace, options: dict[str, Any]) -> int:
    from .auditing.call import audit
    from .auditing.passing import shortfalls
    from .auditing.prompt_audits import Sources
    from .display.audit import lines
    from .protocol.audit import AuditPreview

    writable(given.html)
    source, found = Sources().of(options.pop("model", None) or asked_model(given))
    template = options.pop("template", "raw")
    result = audit(
        source if found is None else found,
        standard_input() if given.prompt == "-" else given.prompt,
        reference=given.reference,
        preview=given.preview,
        template=template,
        **options,
    )
    if isinstance(result, AuditPreview):
        write(result.model_dump_json() if given.json else result.sentence, as_json=given.json)
        return 0
    if given.html:
        write_page(result.html(), given.html)
    write(result.json() if given.json else "\n".join(lines(result.data)), as_json=given.json)
    return 1 if shortfalls(result.data, given.require) else 0


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """What the command line says, by the names of the request's fields; what it does not say is left out."""
    said: dict[str, Any] = {
        "tests": _listed(given.tests),
        "modes": _listed(given.modes),
        "samples": given.samples,
        "wrong_by_model": given.wrong_by_model or None,
        "temperature": given.temperature,
        "max_tokens": given.max_tokens,
        "seed": given.seed,
        "ledger": given.ledger,
        "prices": asked_prices(given.prices),
        "template": "chat" if given.chat else None,
        "model": asked_model(given) if given.model or given.endpoint or given.endpoint_model else None,
    }
    answer = {"marker": given.marker, "pattern": given.pattern}
    budget = {"calls": given.budget_calls, "tokens": given.budget_tokens}
    for name, parts in (("answer", answer), ("budget", budget)):
        said[name] = {part: value for part, value in parts.items() if value is not None} or None
    return {name: value for name, value in said.items() if value is not None}


def _listed(names: str | None) -> list[str] | None:
    return None if names is None else [name.strip() for name in names.split(",")]


def asked_prices(said: str | None) -> dict[str, float] | None:
    if said is None:
        return None
    try:
        prompt, reply = (float(each) for each in said.split(","))
    except ValueError:
        raise GlasspaneError(
            "bad_option",
            f"--prices cannot be {said!r}.",
            "Give two numbers with a comma, e.g. --prices 0.15,0.6.",
        ) from None
    return {"prompt": prompt, "reply": reply}


def asked_model(given: argparse.Namespace) -> AuditSource:
    from .api import ref_by_name
    from .protocol.audit import EndpointSourceRef, SubjectSource

    if given.endpoint is None:
        if given.endpoint_model is not None:
            raise GlasspaneError(
                "bad_option",
                "--endpoint-model comes without --endpoint.",
                "Name its address: --endpoint URL.",
            )
        if given.model is not None and "://" in given.model:
            raise GlasspaneError(
                "bad_option",
                "An address is no model's name.",
                "Give it by --endpoint, and the model's name there by --endpoint-model.",
            )
        return SubjectSource(subject=ref_by_name(given.model or "demo-lm", None))
    if given.endpoint_model is None:
        raise GlasspaneError(
            "bad_option", "--endpoint does not say which model.", "Name it: --endpoint-model NAME."
        )
    variable = {} if given.key_variable is None else {"key_variable": given.key_variable}
    return EndpointSourceRef(base_url=given.endpoint, model=given.endpoint_model, **variable)
