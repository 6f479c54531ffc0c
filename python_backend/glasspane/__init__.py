"""Glasspane: see why a language model says what it says, on the prompt itself.

import glasspane as gp
gp.explain(model, tokenizer, "The capital of France is")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .advisor import advise
    from .api import attention, check, explain, methods, subject
    from .attention_views import AttentionViews
    from .auditing.call import audit, endpoint
    from .black_box.call import explain_black_box
    from .black_box_explanation import BlackBoxExplanation
    from .chain_audit import ChainAudit
    from .circuits import Circuit
    from .comparing import compare, diff
    from .comparison import Comparison
    from .errors import GlasspaneError
    from .explanation import Explanation
    from .faithfulness import Faithfulness
    from .fitting_probes import probe
    from .intervening import bridge, circuit, patch
    from .lens_reading import LensReading
    from .lensing import lens
    from .loading import load
    from .making_pairs import pairs_like
    from .pair_templates import pairs
    from .patch_maps import PatchMaps
    from .probes import Probes, ProbeTest
    from .prompt_diff import PromptDiff

__all__ = [
    "AttentionViews",
    "BlackBoxExplanation",
    "ChainAudit",
    "Circuit",
    "Comparison",
    "Explanation",
    "Faithfulness",
    "GlasspaneError",
    "LensReading",
    "PatchMaps",
    "ProbeTest",
    "Probes",
    "PromptDiff",
    "advise",
    "attention",
    "audit",
    "bridge",
    "check",
    "circuit",
    "compare",
    "diff",
    "endpoint",
    "explain",
    "explain_black_box",
    "lens",
    "load",
    "methods",
    "pairs",
    "pairs_like",
    "patch",
    "probe",
    "subject",
]

_HOMES = {
    "advise": ".advisor",
    "attention": ".api",
    "audit": ".auditing.call",
    "bridge": ".intervening",
    "BlackBoxExplanation": ".black_box_explanation",
    "ChainAudit": ".chain_audit",
    "explain_black_box": ".black_box.call",
    "endpoint": ".auditing.call",
    "check": ".api",
    "circuit": ".intervening",
    "compare": ".comparing",
    "diff": ".comparing",
    "explain": ".api",
    "lens": ".lensing",
    "methods": ".api",
    "pairs": ".pair_templates",
    "pairs_like": ".making_pairs",
    "patch": ".intervening",
    "probe": ".fitting_probes",
    "subject": ".api",
    "AttentionViews": ".attention_views",
    "Circuit": ".circuits",
    "Comparison": ".comparison",
    "GlasspaneError": ".errors",
    "Explanation": ".explanation",
    "Faithfulness": ".faithfulness",
    "LensReading": ".lens_reading",
    "load": ".loading",
    "PatchMaps": ".patch_maps",
    "Probes": ".probes",
    "ProbeTest": ".probes",
    "PromptDiff": ".prompt_diff",
}


def __getattr__(name: str) -> Any:
    """Names load on first use: importing glasspane costs nothing, a Jupyter server needs no torch."""
    if name == "__version__":
        from .version import glasspane_version

        return glasspane_version()
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__", "load_ipython_extension"])


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext glasspane`` adds the cell magic ``%%explain``."""
    from .magic import register

    register(shell)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Asked by a Jupyter server only, so that only a server imports the server side."""
    from .server.extension import GlasspaneServer

    return [{"module": "glasspane.server.extension", "app": GlasspaneServer}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the built front end lies, for ``jupyter-builder develop``."""
    return [{"src": "labextension", "dest": "glasspane"}]
