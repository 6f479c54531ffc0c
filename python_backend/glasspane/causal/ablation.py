"""The clean prompts with some nodes at work and all others ablated, many sets of nodes and prompts side by side.

An ablated node writes what it writes elsewhere: for its pair's corrupted prompt (resample), or on average over all
corrupted prompts, position by position (mean). The embedding always stays the clean prompt's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import GlasspaneError
from ..kernel.progress import Report
from ..protocol import Ablation
from ..subjects.architecture import Meter, ModelInput, run
from ..subjects.guard import attention_through
from .anatomy import Anatomy
from .graph import Graph, Node
from .recording import first_of, with_first
from .runs import PairOfRuns

TOKENS_AT_ONCE = 4096
"""Tokens of all rows in one pass."""


@dataclass(frozen=True)
class Prompts:
    """Clean prompts of one length with their answers, and what every node writes when it is ablated.

    ``ids`` [pair, token]; ``right`` and ``wrong`` [pair]; per layer ``z`` [pair, token, head, dim] and ``mlp``
    [pair, token, dim] of ablated nodes; ``clean`` and ``corrupted`` [pair]: the logit differences of both prompts.
    """

    ids: Tensor
    right: Tensor
    wrong: Tensor
    z: list[Tensor]
    mlp: list[Tensor]
    clean: Tensor
    corrupted: Tensor

    @property
    def count(self) -> int:
        return len(self.ids)

    def split(self, count: int) -> list[Prompts]:
        """The same pairs, ``count`` at a time."""
        return [
            Prompts(
                self.ids[some],
                self.right[some],
                self.wrong[some],
                [each[some] for each in self.z],
                [each[some] for each in self.mlp],
                self.clean[some],
                self.corrupted[some],
            )
            for some in (slice(first, first + count) for first in range(0, self.count, count))
        ]


def prompts_of(anatomy: Anatomy, runs: Sequence[PairOfRuns], ablation: Ablation) -> Prompts:
    """What ablation needs of pairs that were run (denoising: the corrupted run is the base).

    Raises ``other_length`` where the pairs are not of one length, and ``bad_option`` without two answers.
    """
    lengths = sorted({each.base.tokens for each in runs})
    if len(lengths) > 1:
        raise GlasspaneError(
            "other_length",
            f"The pairs are {lengths[0]} to {lengths[-1]} tokens long; what is ablated is replaced place by place.",
            "Use pairs of one template, with words of equally many tokens.",
        )
    if any(each.right is None or each.wrong is None for each in runs):
        raise GlasspaneError(
            "bad_option",
            "A circuit is measured by a logit difference, which needs a right and a wrong answer.",
            'Give both, e.g. answer=(" Mary", " John").',
        )
    z = [torch.stack([each.base.layers[index].z for each in runs]) for index in range(anatomy.count)]
    mlp = [torch.stack([each.base.layers[index].mlp_out for each in runs]) for index in range(anatomy.count)]
    if ablation == "mean":
        z = [each.mean(0, keepdim=True).expand_as(each) for each in z]
        mlp = [each.mean(0, keepdim=True).expand_as(each) for each in mlp]
    device = z[0].device
    return Prompts(
        torch.cat([each.read.clean.given.ids for each in runs]),
        torch.tensor([each.right for each in runs], device=device),
        torch.tensor([each.wrong for each in runs], device=device),
        z,
        mlp,
        torch.tensor([each.values[0] for each in runs], dtype=torch.float64),
        torch.tensor([each.values[1] for each in runs], dtype=torch.float64),
    )


class AblatedModel:
    """The subject with any set of nodes at work; ``nodes`` are its heads and MLPs."""

    def __init__(self, anatomy: Anatomy, prompts: Prompts, meter: Meter) -> None:
        if anatomy.functions is None:
            raise GlasspaneError(
                "unsupported_model",
                f"Heads of {type(anatomy.subject.core).__name__} cannot be ablated together.",
                "Use a model built like GPT-2, Llama, Qwen, Gemma, GPT-NeoX or OPT.",
            )
        self._anatomy = anatomy
        self._prompts = prompts
        self._meter = meter
        heads = prompts.z[0].shape[2]
        self.nodes = Graph(anatomy.count, heads, heads, parallel=False).writers()
        self._known: dict[frozenset[Node], Tensor] = {}

    @property
    def pairs(self) -> int:
        return self._prompts.count

    def differences(self, kept: Sequence[frozenset[Node]], report: Report) -> Tensor:
        """Logit differences [set, pair], in double precision, with only the nodes of each set at work."""
        new = [each for each in dict.fromkeys(kept) if each not in self._known]
        parts = self._prompts.split(max(1, TOKENS_AT_ONCE // self._prompts.ids.shape[1]))
        at_once = max(1, TOKENS_AT_ONCE // self._prompts.ids.numel())
        for first in range(0, len(new), at_once):
            some = new[first : first + at_once]
            found = []
            for index, part in enumerate(parts):
                report(
                    (first + index / len(parts) * len(some)) / len(new), f"circuits, {first} of {len(new)}"
                )
                found.append(self._run(some, part))
            for each, values in zip(some, torch.cat(found, dim=1), strict=True):
                self._known[each] = values
        return torch.stack([self._known[each] for each in kept])

    def _run(self, kept: Sequence[frozenset[Node]], prompts: Prompts) -> Tensor:
        count = prompts.count
        rows = len(kept) * count
        at_work = torch.tensor([[node in each for node in self.nodes] for each in kept])
        at_work = at_work.repeat_interleave(count, dim=0).to(prompts.ids.device)
        ids = prompts.ids.repeat(len(kept), 1)
        given = ModelInput(ids, {"attention_mask": torch.ones_like(ids)})
        with torch.no_grad(), self._ablated(at_work, prompts, len(kept)):
            logits = run(self._anatomy.subject, given, meter=self._meter).logits[:, -1]
        place = torch.arange(rows, device=logits.device)
        right = logits[place, prompts.right.repeat(len(kept))]
        wrong = logits[place, prompts.wrong.repeat(len(kept))]
        return (right - wrong).double().cpu().view(len(kept), count)

    @contextmanager
    def _ablated(self, at_work: Tensor, prompts: Prompts, sets: int) -> Iterator[None]:
        """``at_work`` [row, node]; the rows are the pairs of ``prompts``, once for each of ``sets``."""
        anatomy = self._anatomy
        assert anatomy.functions is not None
        functions = anatomy.functions
        heads = prompts.z[0].shape[2]
        by_layer = at_work.view(len(at_work), anatomy.count, heads + 1)

        def attend(
            module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any, **options: Any
        ) -> tuple[Tensor, None]:
            layer = anatomy.place[id(module)]
            z: Tensor = functions[layer](module, query, key, value, mask, **options)[0]
            works = by_layer[:, layer, None, :heads, None]
            return torch.where(works, z, prompts.z[layer].repeat(sets, 1, 1, 1)), None

        def writing(layer: int) -> Any:
            def hook(_module: nn.Module, _given: Any, output: Any) -> Any:
                works = by_layer[:, layer, heads, None, None]
                stream, ablated = first_of(output), prompts.mlp[layer].repeat(sets, 1, 1)
                left = torch.where(works, stream.view_as(ablated), ablated)
                return with_first(output, left.view_as(stream))

            return hook

        with ExitStack() as stack:
            for layer in range(anatomy.count):
                handle = anatomy.mlp_write(layer).register_forward_hook(writing(layer))
                stack.callback(handle.remove)
            stack.enter_context(attention_through(anatomy.subject, attend))
            yield
