"""``glasspane probe``: what a model represents, and whether it uses it."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from .cli_streams import write, write_page
from .errors import GlasspaneError
from .probing.labelled import TASKS


def add_probing_command(commands: Any) -> None:
    """One subcommand of the parser's ``commands``."""
    probe = commands.add_parser("probe", help="what can be read off each layer, and is it used?")
    probe.add_argument(
        "task",
        help=f"one of: {', '.join(TASKS)}; or a .csv file with the columns text and label (and span, group)",
    )
    probe.add_argument("--model", "-m", default="demo-lm", help="bundled name, folder or hub id")
    probe.add_argument("--examples", type=int, default=400, help="texts to generate (default: %(default)s)")
    probe.add_argument("--layers", metavar="0,1,…", help="only these (0: what the embedding gives)")
    probe.add_argument("--folds", type=int, default=5, help="of the cross-validation (default: %(default)s)")
    probe.add_argument("--seed", type=int, default=0)
    for column, default in (("text", "text"), ("label", "label"), ("span", None), ("group", None)):
        probe.add_argument(
            f"--{column}", default=default, metavar="COLUMN", help=f"of the file: its {column}s"
        )
    probe.add_argument(
        "--test",
        nargs="?",
        const="best",
        metavar="LAYER",
        help="also test whether the model uses it, at this layer or at the best one",
    )
    probe.add_argument(
        "--answer",
        action="append",
        default=[],
        metavar="CLASS=ANSWER",
        help="of the test: the model's answer for a class; one for each",
    )
    probe.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, nothing else"
    )
    probe.add_argument("--html", type=Path, metavar="FILE", help="also write a self-contained page")
    probe.set_defaults(run=_probe)


def _probe(given: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    from .display.html import page
    from .display.probe_test import fragment as test_fragment
    from .display.probe_test import report as test_report
    from .display.probes import fragment, report
    from .fitting_probes import probe
    from .protocol import ProbeWithTest

    layers = None if given.layers is None else [_number(one, "--layers") for one in given.layers.split(",")]
    answers = _answers(given)
    at = None if given.test in (None, "best") else _number(given.test, "--test")
    columns = {name: getattr(given, name) for name in ("text", "label", "span", "group")}
    task = _table(given.task) if given.task.casefold().endswith(".csv") else given.task
    probes = probe(
        *_subject(given.model, task),
        task=task,
        examples=given.examples,
        layers=layers,
        folds=given.folds,
        seed=given.seed,
        **columns,
    )
    tested = None if given.test is None else probes.test(at, answers=answers)
    if given.html:
        body = fragment(probes.data) + ("" if tested is None else test_fragment(tested.data))
        write_page(page(f"Probes: {probes.data.task}", body), given.html)
    if given.json:
        both = tested and ProbeWithTest(probe=probes.data, test=tested.data)
        write(both.model_dump_json() if both else probes.json(), as_json=True)
    else:
        said = report(probes.data)
        write(said if tested is None else f"{said}\n\n{test_report(tested.data)}")
    return 0


def _subject(model: str, task: Any) -> tuple[Any]:
    """Loaded after the task is known to exist: loading takes seconds."""
    from .api import subject
    from .probing.labelled import task_named

    if isinstance(task, str):
        task_named(task)
    return (subject(model),)


def _table(path: str) -> Any:
    import pandas as pd

    try:
        # As text: a class called "1" or "None" is a name.
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as problem:
        raise GlasspaneError(
            "bad_examples", f"{path} cannot be read as a table: {problem}.", "Give a .csv file."
        ) from problem
    return frame


def _answers(given: argparse.Namespace) -> dict[str, str] | None:
    if given.answer and given.test is None:
        raise GlasspaneError("bad_option", "--answer is of the test.", "Add --test.")
    pairs = [pair.partition("=") for pair in given.answer]
    for pair, (_, equals, answer) in zip(given.answer, pairs, strict=True):
        if not equals or not answer:
            raise GlasspaneError(
                "bad_option", f"{pair!r} is not CLASS=ANSWER.", 'Write e.g. --answer "positive= positive".'
            )
    return {label: answer for label, _, answer in pairs} or None


def _number(text: str, option: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise GlasspaneError("bad_option", f"{option} cannot be {text!r}.", "Give a number.") from None
