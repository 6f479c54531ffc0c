"""What a request would cost, as it is told before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence

from ..figures import counted
from ..protocol.audit import AbilityFinding, AuditBudget, AuditPreview, AuditPrices
from .budget import PaidSource, Preview, Prices
from .source import Abilities


def previewed(
    paid: PaidSource,
    found: Preview,
    budget: AuditBudget,
    *,
    sent: int,
    warnings: Sequence[str],
    stops_early: bool,
) -> AuditPreview:
    """``sent``: calls that were made to tell this; ``stops_early``: fewer than ``found`` may do."""
    over = _beyond(found, budget)
    beside = (
        f"{found.beside} of the calls find out what the endpoint can do, or score answers."
        if found.beside
        else None
    )
    more = [] if found.kept == found.calls else ["It may stop early." if stops_early else None, beside]
    said = [found.sentence, *more, over, _sent_sentence(sent, paid.ledger.lasts)]
    return AuditPreview(
        calls=found.calls,
        kept=found.kept,
        beside=found.beside,
        tokens=found.tokens,
        price=found.price,
        over_budget=over is not None,
        sent=sent,
        abilities=ability_findings(paid.source.abilities()),
        warnings=list(dict.fromkeys(warnings)),
        sentence=" ".join(filter(None, said)),
    )


def priced_by(prices: AuditPrices | None) -> Prices | None:
    return None if prices is None else Prices(prices.prompt, prices.reply)


def ability_findings(found: Abilities) -> list[AbilityFinding]:
    named = {
        "goes on with a reply": found.continues,
        "honours seeds": found.seeds,
        "scores an answer": found.scores,
        "differs between seeds": found.distinct,
    }
    return [AbilityFinding(name=name, able=each.able, shown_by=each.shown_by) for name, each in named.items()]


def _beyond(found: Preview, budget: AuditBudget) -> str | None:
    """What a budget that is smaller means."""
    beyond = [
        f"{cap} {name}"
        for cap, name, most in (
            (budget.calls, "calls", found.calls - found.kept),
            (budget.tokens, "tokens", found.tokens),
        )
        if cap is not None and most > cap
    ]
    if not beyond:
        return None
    return (
        f"That is more than the budget of {' and '.join(beyond)}: where it is spent it ends, with what is known by "
        "then."
    )


def _sent_sentence(sent: int, lasts: bool) -> str | None:
    if sent == 0:
        return None
    them, they_are = ("it", "it is") if sent == 1 else ("them", "they are")
    kept = f"the ledger keeps {them}" if lasts else f"without a ledger {they_are} made again"
    return f"To tell this, {counted(sent, 'call')} had to be made: {kept}."
