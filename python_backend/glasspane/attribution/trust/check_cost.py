"""How long a check would take, known before it is asked for: hosts show what is quick unasked."""

from __future__ import annotations

from ...protocol import AttributionResult
from ..methods import method
from .rankings import FREE_UP_TO, RANKINGS, counts_of
from .sensitivity import COPIES
from .soft_erasure import DRAWS


def estimated_seconds(attribution: AttributionResult, rankings: int = RANKINGS) -> float | None:
    """About how long ``check`` will take on the machine that made ``attribution``, from its own cost.

    A row forward or backward costs what the explanation's rows cost in the mean, or its first forward
    pass if that was faster. Hosts that show the figures unasked do so below a second. None: the
    explanation is partial, or there is no written token to leave out.
    """
    players = sum(not token.special for token in attribution.tokens)
    if players == 0 or not attribution.checks.complete:
        return None
    cost = attribution.cost
    rows = max(1, cost.forwards + cost.backwards)
    per_row = min(
        [seconds for seconds in (cost.stages.get("predict"),) if seconds]
        + [cost.stages.get("method", cost.seconds) / rows]
    )
    wanted = (1 + rankings) * len(counts_of(players))
    maskings = min(wanted, 2**players) if players <= FREE_UP_TO else wanted
    erasures = 2 * DRAWS * (1 + RANKINGS)
    again = (COPIES + 1) * rows if method(attribution.method.name).moves_with_embeddings else 0
    return per_row * (maskings + erasures + again)
