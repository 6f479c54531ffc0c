"""``glasspane explain | compare | diff | patch | circuit | lens | probe | show | models | methods | advise``…"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

from .advisor import GOALS, advise
from .attribution.methods import METHODS, method, resolve_options
from .cli_audit import add_audit_command
from .cli_black_box import add_black_box_command
from .cli_comparing import add_comparing_commands
from .cli_intervening import add_intervening_commands
from .cli_lens import add_lens_command
from .cli_options import add_check_option, add_explain_options, chosen_options, typed_target
from .cli_probing import add_probing_command
from .cli_showing import add_show_command
from .cli_streams import standard_input, write, write_page
from .errors import GlasspaneError
from .grain import Grain
from .protocol import Access, Audience
from .version import glasspane_version, install_requirement


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status (0 fine, 1 could not, 2 wrong usage)."""
    parser = _parser()
    given, rest = parser.parse_known_args(arguments)
    if given.command is None:
        parser.print_help()
        return 2
    if rest and given.command != "lab":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    given.rest = rest
    try:
        return int(given.run(given))
    except GlasspaneError as problem:
        return _say(problem, as_json=getattr(given, "json", False))
    except ModuleNotFoundError as missing:
        # A Jupyter server's environment needs no torch; explaining does.
        lacking = GlasspaneError(
            "glasspane_missing",
            f"This Python has no {missing.name}, which a model needs.",
            f'Run: {sys.executable} -m pip install "{install_requirement("kernel")}"',
        )
        return _say(lacking, as_json=getattr(given, "json", False))
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        print(f"Reading or writing failed: {problem}.", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="glasspane", description="See why a language model says what it says, on the prompt itself."
    )
    parser.add_argument("--version", action="version", version=f"glasspane {glasspane_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    explain = commands.add_parser("explain", help="which tokens of a prompt pushed the answer?")
    add_explain_options(explain)
    add_check_option(explain)
    explain.set_defaults(model="demo-lm", run=_explain)
    explain.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, nothing else"
    )
    explain.add_argument(
        "--by", default="token", choices=get_args(Grain), help="join tokens in the table by signed sums"
    )
    explain.add_argument("--html", type=Path, metavar="FILE", help="also write a self-contained page")
    explain.add_argument(
        "--no-color", action="store_true", help="no colours (also: NO_COLOR, or not a terminal)"
    )
    explain.add_argument("prompt", help="the prompt; - reads it from standard input")

    add_comparing_commands(commands)
    add_intervening_commands(commands)
    add_lens_command(commands)
    add_probing_command(commands)
    add_audit_command(commands)
    add_black_box_command(commands)
    add_show_command(commands)

    commands.add_parser("models", help="the models that ship with glasspane").set_defaults(run=_models)
    commands.add_parser("methods", help="the attribution methods and their options").set_defaults(
        run=_methods
    )

    advise = commands.add_parser("advise", help="which method answers your question, and why")
    advise.add_argument(
        "goal",
        nargs="?",
        default="why_this_answer",
        choices=list(GOALS),
        metavar="GOAL",
        help="; ".join(f"{name}: {said}" for name, said in GOALS.items()),
    )
    advise.add_argument("--access", default="weights", choices=get_args(Access), help="what you have of it")
    advise.add_argument(
        "--audience", default="data_scientist", choices=get_args(Audience), help="who reads it"
    )
    advise.add_argument("--seconds", type=float, default=30.0, help="how long it may take")
    advise.set_defaults(run=_advise)

    lab = commands.add_parser("lab", help="open JupyterLab with glasspane (further arguments are passed on)")
    lab.add_argument("--example", action="store_true", help="put first_look.ipynb here and open it")
    lab.set_defaults(run=_lab)

    serve = commands.add_parser(
        "serve", help="what an editor starts: a local server that ends with the editor"
    )
    serve.add_argument("--tethered", action="store_true", help="end when standard input ends; needed")
    serve.set_defaults(run=_serve)

    doctor = commands.add_parser("doctor", help="is everything in place, and how to mend what is not")
    doctor.add_argument(
        "--mend", action="store_true", help="run the commands that mend what can be mended here"
    )
    doctor.set_defaults(run=_doctor)
    return parser


def _explain(given: argparse.Namespace) -> int:
    # Standard output belongs to the result; libraries log to standard error.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    from .api import build_request, subject
    from .attribution.explain import explain
    from .display import checks
    from .display.terminal import report
    from .explanation import Explanation
    from .protocol import CheckedAttribution

    text = standard_input() if given.prompt == "-" else given.prompt
    # Loading takes seconds: a misspelt method or option should not.
    options = chosen_options(given)
    resolve_options(method(given.method), options)
    found = subject(given.model)
    request = build_request(
        found.ref,
        text,
        method=given.method,
        target=typed_target(found, given),
        score=given.score,
        template="chat" if given.chat else "raw",
        options=options,
    )
    result = Explanation(explain(found, request), found)
    checked = result.check().data if given.check else None
    if given.html:
        write_page(result.html(), given.html)
    if given.json:
        both = checked and CheckedAttribution(attribution=result.data, faithfulness=checked)
        write(both.model_dump_json() if both else result.json(), as_json=True)
        return 0
    colour = sys.stdout.isatty() and not given.no_color and "NO_COLOR" not in os.environ
    said = report(result.data, colour or "FORCE_COLOR" in os.environ, given.by)
    write(f"{said}\n\n{checks.report(checked)}" if checked else said)
    return 0


def _models(_given: argparse.Namespace) -> int:
    from .subjects.load import catalogue

    for model in catalogue():
        print(f"{model.name:<16} {model.family:<20} {model.parameters / 1e6:.1f} M  {model.summary}")
    print("Also: a local folder, or a hub id (safetensors, no remote code).")
    return 0


def _methods(_given: argparse.Namespace) -> int:
    for row in METHODS.values():
        spec = row.spec
        print(f"{spec.name:<38} {'signed' if spec.signed else 'unsigned':<9} {spec.summary}")
        for option in spec.options:
            print(f"{'':<40}{option.name}={option.default}  {option.help}")
    return 0


def _advise(given: argparse.Namespace) -> int:
    advice = advise(given.goal, access=given.access, audience=given.audience, seconds=given.seconds)
    for place, each in enumerate(advice, start=1):
        write(f"{place}. {each.label}: {each.why}")
        for beside in each.with_it:
            write(f"   with it: {beside}")
        if each.call is not None:
            write(f"   {each.call}")
    return 0


def _lab(given: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "jupyterlab", *given.rest]
    if given.example:
        example = Path("first_look.ipynb")
        if not example.exists():
            example.write_text(_shipped_example(example.name).read_text("utf-8"), "utf-8")
        command.append(str(example))
    try:
        import jupyterlab  # noqa: F401
    except ImportError:
        raise GlasspaneError(
            "bad_request",
            "JupyterLab is not installed for this Python.",
            f"Run: {sys.executable} -m pip install jupyterlab",
        ) from None
    return subprocess.call(command)


def _shipped_example(name: str) -> Path:
    """In the installed package, or in the source tree of an editable install."""
    package = Path(__file__).parent
    found = [f for f in (package / "examples" / name, package.parents[1] / "examples" / name) if f.is_file()]
    if not found:
        raise GlasspaneError(
            "load_failed", f"{name} did not come with this installation.", "Reinstall glasspane."
        )
    return found[0]


def _serve(given: argparse.Namespace) -> int:
    from .server.tethered import serve

    return serve(given.tethered)


def _doctor(given: argparse.Namespace) -> int:
    from .doctor import examine, mend, report

    findings = examine()
    print(report(findings))
    if given.mend:
        return mend(findings)
    return 0 if all(finding.fine or finding.optional for finding in findings) else 1


def _say(problem: GlasspaneError, as_json: bool) -> int:
    if as_json:
        write(problem.result.model_dump_json(), as_json=True)
    else:
        print(problem.said, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
