"""What can be asked for; the server and the kernel say it alike, and neither needs torch for it."""

from __future__ import annotations

from .attribution.methods import METHODS
from .probing.labelled import tasks
from .protocol import Catalogue
from .subjects.load import catalogue as bundled_models
from .version import glasspane_version


def catalogue() -> Catalogue:
    """The method table, the bundled models and the tasks of probes, in the order in which hosts list them."""
    return Catalogue(
        glasspane=glasspane_version(),
        methods=[row.spec for row in METHODS.values()],
        models=bundled_models(),
        probe_tasks=tasks(),
    )
