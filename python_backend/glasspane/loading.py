"""Saved results read back: ``gp.load``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from . import protocol
from .errors import GlasspaneError
from .protocol import CheckedAttribution, ProbeWithTest
from .version import glasspane_version

if TYPE_CHECKING:
    from .black_box_explanation import BlackBoxExplanation
    from .chain_audit import ChainAudit
    from .circuits import Circuit
    from .comparison import Comparison
    from .explanation import Explanation
    from .faithfulness import Faithfulness
    from .lens_reading import LensReading
    from .patch_maps import PatchMaps
    from .probes import Probes, ProbeTest
    from .prompt_diff import PromptDiff

    Loaded: TypeAlias = (
        Explanation
        | Faithfulness
        | Comparison
        | PromptDiff
        | PatchMaps
        | Circuit
        | LensReading
        | Probes
        | ProbeTest
        | ChainAudit
        | BlackBoxExplanation
    )


@dataclass(frozen=True)
class Kind:
    """How a saved result is called, read and shown."""

    called: str
    """With its article, where it has one."""
    message: str
    """The name of its message in the protocol."""
    module: str
    name: str

    def make(self) -> Callable[[Any], Any]:
        """The class that shows it; it loads on first use, as everything does."""
        made: Callable[[Any], Any] = getattr(import_module(self.module, __package__), self.name)
        return made

    @property
    def noun(self) -> str:
        return self.called.removeprefix("an ").removeprefix("a ")


KINDS: dict[str, Kind] = {
    "attribution": Kind("an explanation", "AttributionResult", ".explanation", "Explanation"),
    "faithfulness": Kind("a check of an explanation", "FaithfulnessResult", ".faithfulness", "Faithfulness"),
    "comparison": Kind("a comparison of methods", "ComparisonResult", ".comparison", "Comparison"),
    "prompt_diff": Kind("a comparison of prompts", "PromptDiffResult", ".prompt_diff", "PromptDiff"),
    "patching": Kind("maps of patched activations", "PatchResult", ".patch_maps", "PatchMaps"),
    "audit": Kind("an audit", "AuditResult", ".chain_audit", "ChainAudit"),
    "black_box": Kind(
        "a black-box explanation", "BlackBoxResult", ".black_box_explanation", "BlackBoxExplanation"
    ),
    "circuit": Kind("a circuit", "CircuitResult", ".circuits", "Circuit"),
    "lens": Kind("a lens", "LensResult", ".lens_reading", "LensReading"),
    "probe": Kind("probes", "ProbeResult", ".probes", "Probes"),
    "probe_test": Kind("a test of a probe", "ProbeTestResult", ".probes", "ProbeTest"),
}
"""By the ``kind`` that a file says it is of."""

_NEXT = "Give a .json file that .save() wrote."


def load(path: str | Path) -> Loaded:
    """Read what ``.save("….json")`` wrote, or a command's ``--json`` printed, as an object of the same class.

    An explanation that was printed with its check has it as ``.faithfulness``, probes that were printed with a test
    have it as ``.last_test``. Raises ``bad_request`` for a file that holds no result, a broken one, or one of a
    version that this one cannot read.
    """
    path = Path(path)
    text = _text(path)
    whole = _parsed(path, text)
    kind = whole.get("kind") if isinstance(whole, dict) else None
    if not isinstance(kind, str):
        raise GlasspaneError("bad_request", f"{path} holds JSON, but no result of Glasspane.", _NEXT)
    if kind == "checked_attribution":
        both = _validated(path, text, whole, CheckedAttribution, "explanation")
        explained: Explanation = KINDS["attribution"].make()(both.attribution)
        explained.faithfulness = KINDS["faithfulness"].make()(both.faithfulness)
        return explained
    if kind == "probe_with_test":
        pair = _validated(path, text, whole, ProbeWithTest, "probes")
        probes: Probes = KINDS["probe"].make()(pair.probe)
        probes.last_test = KINDS["probe_test"].make()(pair.test)
        return probes
    row = KINDS.get(kind)
    if row is None:
        raise GlasspaneError(
            "bad_request", f"{path} cannot be shown: “{kind[:40]}” is no result that is kept.", _NEXT
        )
    found: Loaded = row.make()(_validated(path, text, whole, getattr(protocol, row.message), row.noun))
    return found


def refuse_other(found: Loaded, wanted: type[Any], path: str | Path) -> GlasspaneError:
    """Why a result that was read is not of the class that is wanted."""
    noun = next(row.noun for row in KINDS.values() if row.name == wanted.__name__)
    return GlasspaneError(
        "bad_request",
        f"{path} holds {KINDS[found.data.kind].called}, and no saved {noun}.",
        f"Read it as what it is: gp.load({str(path)!r}).",
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise GlasspaneError("bad_request", f"{path} cannot be read: {problem.strerror}.", _NEXT) from problem
    except UnicodeDecodeError as problem:
        raise _no_json(path, problem) from problem


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise _no_json(path, problem) from problem


def _no_json(path: Path, problem: Exception) -> GlasspaneError:
    if path.suffix.lower() in (".csv", ".svg", ".html", ".htm"):
        return GlasspaneError(
            "bad_request",
            f"{path} is no JSON: of all that .save() writes, only .json is read back.",
            "Save it as .json, or open it as what it is.",
            detail=str(problem),
        )
    return GlasspaneError(
        "bad_request", f"{path} is no JSON, or not all of it is there.", _NEXT, detail=str(problem)
    )


def _validated(path: Path, text: str, whole: Any, message: Any, noun: str) -> Any:
    try:
        return message.model_validate_json(text)
    except ValidationError as problem:
        written = whole.get("glasspane")
        if isinstance(written, str) and written != glasspane_version():
            raise GlasspaneError(
                "bad_request",
                f"{path} was written by Glasspane {written[:40]}, and {glasspane_version()} cannot read it.",
                "Read it with that version, or make it again: its field “code” holds the call.",
                detail=str(problem),
            ) from problem
        raise GlasspaneError(
            "bad_request",
            f"{path} holds no saved {noun}: something in it is missing, or contradicts the rest.",
            "Give a .json file that .save() wrote with this version.",
            detail=str(problem),
        ) from problem
