"""``glasspane patch`` and ``glasspane circuit``."""

from __future__ import annotations

import argparse
import csv
import logging
import sys
from pathlib import Path
from typing import Any, get_args

from .cli_streams import standard_input, write
from .errors import GlasspaneError
from .protocol import Direction, GridName, MetricName, SiteName


def add_intervening_commands(commands: Any) -> None:
    """Two subcommands of the parser's ``commands``."""
    patch = commands.add_parser("patch", help="which activations carry the difference between two prompts?")
    _add_model(patch)
    patch.add_argument(
        "--right", metavar="TOKEN", help="the answer to the clean prompt (default: the model's own)"
    )
    patch.add_argument("--wrong", metavar="TOKEN", help="what it is compared with (default: the model's own)")
    patch.add_argument(
        "--site",
        action="append",
        choices=_names(SiteName),
        help="the activations to patch; may be given several times (default: resid_pre)",
    )
    patch.add_argument("--by", choices=_names(GridName), help="what stands beside the layers")
    patch.add_argument("--direction", default="denoising", choices=_names(Direction))
    patch.add_argument("--metric", default="logit_difference", choices=_names(MetricName))
    patch.add_argument("--layers", type=_numbers, metavar="0,1,…", help="only these layers")
    patch.add_argument("--heads", type=_numbers, metavar="0,1,…", help="only these heads")
    patch.add_argument(
        "--exact", type=float, default=1.0, metavar="SHARE", help="share of the cells that is not estimated"
    )
    _add_outputs(patch)
    patch.add_argument("clean", help="the prompt that is answered rightly; - reads it from standard input")
    patch.add_argument("corrupted", help="the same with a word changed, equally many tokens")
    patch.set_defaults(run=_patch)

    circuit = commands.add_parser("circuit", help="which heads and MLPs carry a behaviour?")
    _add_model(circuit)
    circuit.add_argument(
        "pairs", type=Path, help="a CSV file with the columns clean, corrupted, right and wrong"
    )
    circuit.add_argument("--held-out", type=Path, metavar="FILE", help="more pairs, to validate it on")
    circuit.add_argument("--ablation", default="resample", choices=("resample", "mean"))
    circuit.add_argument(
        "--enough", type=float, default=0.9, metavar="SHARE", help="what the circuit has to carry alone"
    )
    circuit.add_argument(
        "--together",
        action="append",
        default=[],
        metavar="9.9,9.6,…",
        help="nodes to ablate together; may be given several times",
    )
    circuit.add_argument("--seed", type=int, default=0)
    _add_outputs(circuit)
    circuit.set_defaults(run=_circuit)


def _names(alias: Any) -> tuple[str, ...]:
    return get_args(alias.__value__)


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are no numbers; write 0,1,2") from None


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        default="demo-lm",
        help="a bundled model, a local folder or a hub id (default: %(default)s)",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, nothing else"
    )
    parser.add_argument(
        "--save",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="also write .html, .svg, .csv or .json",
    )


def _patch(given: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    from .display.patch_maps import lines
    from .intervening import patch

    if given.wrong is not None and given.right is None:
        raise GlasspaneError("bad_option", "A wrong answer needs a right one.", "Give --right as well.")
    clean = standard_input() if given.clean == "-" else given.clean
    answer = tuple(one for one in (given.right, given.wrong) if one is not None)
    found = patch(
        given.model,
        clean=clean,
        corrupted=given.corrupted,
        answer=answer or None,
        site=given.site or "resid_pre",
        by=given.by,
        direction=given.direction,
        metric=given.metric,
        layers=given.layers,
        heads=given.heads,
        exact=given.exact,
    )
    return _say(given, found, "\n".join(lines(found.data)))


def _circuit(given: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    from .display.circuit import lines
    from .intervening import circuit

    found = circuit(
        given.model,
        pairs=_read_pairs(given.pairs),
        held_out=_read_pairs(given.held_out) if given.held_out else (),
        ablation=given.ablation,
        enough=given.enough,
        sets=[[name.strip() for name in names.split(",")] for names in given.together],
        seed=given.seed,
    )
    return _say(given, found, "\n".join(lines(found.data)))


def _read_pairs(path: Path) -> list[tuple[str, str, str | None, str | None]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        columns = ("clean", "corrupted", "right", "wrong")
        missing = [name for name in columns if name not in (rows.fieldnames or ())]
        if missing:
            raise GlasspaneError(
                "bad_option",
                f"{path.name} has no column {' and no '.join(missing)}.",
                "The first line names them: clean,corrupted,right,wrong. Answers keep their leading space.",
            )
        # An answer that is left empty is the model's own.
        return [
            (row["clean"] or "", row["corrupted"] or "", row["right"] or None, row["wrong"] or None)
            for row in rows
        ]


def _say(given: argparse.Namespace, found: Any, text: str) -> int:
    for path in given.save:
        found.save(path)
    write(found.json() if given.json else text, as_json=given.json)
    return 0
