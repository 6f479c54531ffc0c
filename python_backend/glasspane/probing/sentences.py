"""What probes and tests of them say, in words."""

from __future__ import annotations

from collections.abc import Sequence

from ..figures import number, rounded, whole_percent
from ..protocol import ProbeChange, ProbeLayer
from .examples import Examples
from .intervals import Interval

INTERVALS = (
    "95 % intervals over examples, pooled over the folds they were held out in: Wilson's for shares (examples of one "
    "group count as fewer, by the design effect), Student's by groups for selectivity. Each layer by itself, not "
    "corrected for their number."
)

CANNOT_BE_LEARNED = (
    "Every group is a single example, so the control task has nothing to learn by heart and stays at chance: "
    "selectivity says no more here than accuracy above chance. A column group (e.g. the word asked about) would "
    "change that."
)


def between(low: float, high: float) -> str:
    """An interval of shares, e.g. ``91–96 %``."""
    return f"{rounded(100 * low)}–{rounded(100 * high)} %"


def probe_sentence(
    examples: Examples, layers: Sequence[ProbeLayer], majority: float, asked: int | None = None
) -> str:
    """From where on the classes can be read, how well at best, and beside what; of how many of those ``asked``."""
    if asked is not None and len(layers) < asked:
        return f"After {len(layers)} of {asked} layers: {probe_sentence(examples, layers, majority)}"
    readable = [each for each in layers if each.decodable]
    best = max(layers, key=lambda each: (each.accuracy, -each.layer))
    said = (
        f"{_capital(examples.task)} cannot be told from the stream at any layer: at best "
        f"{whole_percent(best.accuracy)} ({between(best.low, best.high)}, {best.site}) against "
        f"{whole_percent(majority)} for the largest class"
        if not readable
        else f"{_capital(examples.task)} can be read off the stream {_where(readable, layers)}, best at {best.site}: "
        f"{whole_percent(best.accuracy)} ({between(best.low, best.high)}) on "
        f"{several(examples.grouped_by)} not in training, "
        f"against {whole_percent(majority)} for the largest class"
    )
    learned = (
        f"Random labels, one for each {examples.grouped_by}, are learned there to "
        f"{whole_percent(best.control_accuracy)}: selectivity {_signed_percent(best.selectivity)}."
    )
    return f"{said}. {learned}" + (" What can be read need not be used: test it." if readable else "")


def several(name: str) -> str:
    """The plural of what makes a group: words, countries."""
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2:-1] not in "aeiou" else f"{name}s"


def _where(readable: Sequence[ProbeLayer], layers: Sequence[ProbeLayer]) -> str:
    if len(readable) == len(layers):
        return "at every layer" if len(layers) > 1 else f"at {layers[0].site}"
    first = readable[0]
    after = [each for each in layers if each.layer >= first.layer]
    if len(after) == len(readable):
        return f"from {first.site} on"
    return f"at {len(readable)} of {len(layers)} layers, first at {first.site}"


HARDLY = 1e-3
"""Nats below which a change of the predictions is called small, however certain it is."""


def causal_sentence(task: str, site: str, changes: Sequence[ProbeChange]) -> str:
    """Whether the model uses what the probe reads, by which changes it shows, and how much that is."""
    strongest = max(changes, key=lambda each: each.effects[0].difference)
    effect, top = strongest.effects[:2]
    compared = (
        f"KL {number(effect.value)} nats ({number(effect.low)} to {number(effect.high)}) against "
        f"{number(effect.random_mean)} along random directions with changes of the same size"
    )
    showing = [each.label for each in changes if each.used]
    if not showing:
        return (
            f"Decodable is not used: what the probe of {task} reads at {site} makes no difference that random "
            f"directions do not make ({strongest.label}: {compared})."
        )
    said = (
        f"The model uses what the probe of {task} reads at {site}, or what lies along with it: {_listed(showing)} "
        f"changes its predictions more than random changes do ({strongest.label}: {compared}; the likeliest answer's "
        f"probability {_signed_percent(top.value)})."
    )
    return f"{said} The effect is certain, but small." if effect.value < HARDLY else said


def unread_sentence(task: str, site: str, accuracy: Interval, majority: float) -> str:
    """Where the probe does not tell the classes apart, its direction is not about them."""
    return (
        f"Whether the model uses {task} at {site} cannot be said: on the texts held out, the probe is right in "
        f"{whole_percent(accuracy.value)} ({between(accuracy.low, accuracy.high)}), not clearly more than the largest "
        f"class ({whole_percent(majority)}), so that its direction is not about the classes. Choose "
        "a layer at which they can be read, if there is one."
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _signed_percent(share: float) -> str:
    """A difference of shares, e.g. ``+12 points``; what is not nothing never reads so."""
    size = abs(100 * share)
    if size == 0:
        return "0 points"
    if size < 0.1:
        return "> −0.1 points" if share < 0 else "< +0.1 points"
    said = f"{size:.1f}" if size < 1 else rounded(size)
    return f"{'−' if share < 0 else '+'}{said} points"
