"""The Python call that reproduces a causal result in a cell."""

from __future__ import annotations

from collections.abc import Sequence

from ..attribution.call import readable, subject_argument
from ..protocol import (
    CircuitRequest,
    ContrastTarget,
    LensRequest,
    MessagesPrompt,
    PatchRequest,
    Prompt,
    PromptPair,
    TokenTarget,
)
from ..subjects import Subject


def patch_call(request: PatchRequest, subject: Subject) -> str:
    """``gp.patch(…)`` with every choice that differs from the defaults spelled out."""
    pair = request.pairs[0]
    if len(request.pairs) == 1:
        arguments = [subject_argument(subject), prompt_argument(pair.clean), prompt_argument(pair.corrupted)]
        answer = [readable(subject, one) for one in (pair.right, pair.wrong) if one is not None]
        if answer:
            arguments.append(f"answer={tuple(answer)!r}" if len(answer) > 1 else f"answer={answer[0]!r}")
    else:
        arguments = [subject_argument(subject), f"pairs={pairs_argument(request.pairs)}"]
    sites = [one.site for one in request.sites]
    arguments.append(f"site={sites[0]!r}" if len(sites) == 1 else f"site={tuple(sites)!r}")
    grids = {one.grid for one in request.sites} - {None}
    if grids:
        arguments.append(f"by={grids.pop()!r}")
    defaults = PatchRequest(pairs=request.pairs)
    for name in ("direction", "metric", "layers", "heads", "exact", "seed"):
        if getattr(request, name) != getattr(defaults, name):
            arguments.append(f"{name}={getattr(request, name)!r}")
    return f"import glasspane as gp\n\ngp.patch({', '.join(arguments)})"


def circuit_call(request: CircuitRequest, subject: Subject) -> str:
    """``gp.circuit(…)`` with every choice that differs from the defaults spelled out."""
    arguments = [subject_argument(subject), f"pairs={pairs_argument(request.pairs)}"]
    if request.held_out:
        arguments.append(f"held_out={pairs_argument(request.held_out)}")
    defaults = CircuitRequest(pairs=request.pairs)
    for name in ("ablation", "enough", "steps", "random_sets", "sets", "seed"):
        if getattr(request, name) != getattr(defaults, name):
            arguments.append(f"{name}={getattr(request, name)!r}")
    return f"import glasspane as gp\n\ngp.circuit({', '.join(arguments)})"


def pairs_argument(pairs: Sequence[PromptPair]) -> str:
    """Pairs as they are written in Python: (clean, corrupted, right, wrong)."""
    rows = (
        f"({prompt_argument(one.clean)}, {prompt_argument(one.corrupted)}, {one.right!r}, {one.wrong!r})"
        for one in pairs
    )
    return f"[{', '.join(rows)}]"


def lens_call(request: LensRequest, subject: Subject) -> str:
    """``gp.lens(…)`` with every choice that differs from the defaults spelled out."""
    arguments = [subject_argument(subject), prompt_argument(request.prompt)]
    target = request.target
    if isinstance(target, TokenTarget):
        arguments.append(f"target={readable(subject, target.token)!r}")
    elif isinstance(target, ContrastTarget):
        pair = (readable(subject, target.token), readable(subject, target.versus))
        arguments.append(f"target={pair!r}")
    defaults = LensRequest(prompt=request.prompt)
    for name in ("position", "last", "top", "direct"):
        if getattr(request, name) != getattr(defaults, name):
            arguments.append(f"{name}={getattr(request, name)!r}")
    if not isinstance(request.prompt, MessagesPrompt) and request.prompt.template == "chat":
        arguments.append('template="chat"')
    return f"import glasspane as gp\n\ngp.lens({', '.join(arguments)})"


def prompt_argument(prompt: Prompt) -> str:
    """A prompt as it is written in Python."""
    if isinstance(prompt, MessagesPrompt):
        return repr([{"role": message.role, "content": message.content} for message in prompt.messages])
    return repr(prompt.text)
