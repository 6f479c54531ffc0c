"""A package that a model needs and a kernel lacks; the server and the kernel say it alike."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import GlasspaneError
from ..protocol import AuditRequest, Request
from ..version import install_command

NEEDS_TORCH = frozenset(
    {
        *(
            "attention",
            "audit",
            "black_box",
            "check",
            "circuit",
            "compare",
            "diff",
            "explain",
            "lens",
            "pair_template",
            "patch",
            "probe",
            "probe_test",
        ),
        *("subjects", "weights"),
    }
)
"""Kinds of request that read a model."""

READS_MODELS = ("torch", "transformers")
"""Distributions without which none of them can be answered."""


def reads_a_model(request: Request) -> bool:
    """Whether it cannot be answered without :data:`READS_MODELS`: an endpoint is audited without them.

    What pieces of a prompt count for is computed by torch, whoever is asked.
    """
    elsewhere = isinstance(request, AuditRequest) and request.model.source == "endpoint"
    return request.kind in NEEDS_TORCH and not elsewhere


def missing_packages(names: Sequence[str], executable: str) -> GlasspaneError:
    """``glasspane_missing`` for an interpreter that has Glasspane but not ``names``."""
    return GlasspaneError(
        "glasspane_missing",
        f"This kernel's Python has no {' and no '.join(names)}, which a model needs.",
        "Run this command, then restart the kernel.",
        command=install_command(executable),
    )
