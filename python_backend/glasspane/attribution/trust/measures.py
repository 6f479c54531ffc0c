"""What the faithfulness figures look at: how likely the model finds the answer that was explained."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...protocol import TargetCard
from ...subjects import Subject
from ..targets import Objective, is_multi_label, is_regression


@dataclass(frozen=True)
class Measures(Objective):
    """Scalars of the logits, side by side → [row, 2 + id]: see :class:`Answers` for what they are.

    One forward pass gives them all, so every figure shares the same evaluations. ``number``: a
    regression, whose answer has no probability.
    """

    number: bool = False

    @property
    def targets(self) -> int:
        return 2 + len(self.ids)

    def __call__(self, logits: Tensor) -> Tensor:
        if logits.ndim == 2:
            logits = logits.unsqueeze(1)
        explained = super().__call__(logits).sum(1, keepdim=True)
        here = logits[:, : len(self.ids)]
        chosen = self._at(self.ids, here)
        if self.number:
            likely, leads = chosen.sum(1, keepdim=True), torch.zeros_like(chosen)
        elif self.versus:
            difference = chosen - self._at(self.versus, here)
            likely = torch.nn.functional.logsigmoid(difference).mean(1, keepdim=True)
            leads = (difference > 0).to(here)
        elif self.sigmoid:
            likely = torch.nn.functional.logsigmoid(chosen).mean(1, keepdim=True)
            leads = (chosen > 0).to(here)
        else:
            likely = (chosen - here.logsumexp(-1)).mean(1, keepdim=True)
            leads = (here.argmax(-1) == torch.tensor(self.ids, device=here.device)).to(here)
        return torch.cat([explained, likely, leads], 1)


@dataclass(frozen=True)
class Answers:
    """What :class:`Measures` gave for some inputs, of any leading shape […].

    ``explained`` […] is the score that was explained (several targets: their sum). ``probability`` […]
    is that of the answer: of a contrast, that of A where only A and B are in question; of a completion,
    the geometric mean over its tokens, which does not fade with its length; of a regression, the number
    itself. ``log_probability`` is None there. ``leads`` […, id] says where the answer is the model's own.
    """

    explained: Tensor
    probability: Tensor
    log_probability: Tensor | None
    leads: Tensor

    @classmethod
    def of(cls, values: Tensor, number: bool) -> Answers:
        """Read from the columns of ``values`` […, 2 + id]."""
        values = values.cpu().double()
        likely = values[..., 1]
        if number:
            return cls(values[..., 0], likely, None, values[..., 2:].bool())
        return cls(values[..., 0], likely.exp(), likely, values[..., 2:].bool())

    def __getitem__(self, index: int | slice) -> Answers:
        """Those at ``index`` of the first axis."""
        return Answers(
            self.explained[index],
            self.probability[index],
            None if self.log_probability is None else self.log_probability[index],
            self.leads[index],
        )


def objective_of(subject: Subject, target: TargetCard, keep: int) -> Objective:
    """The objective that ``target`` came from."""
    return Objective(
        tuple(target.ids),
        tuple(target.versus_ids),
        target.score,
        keep,
        bool(target.pieces),
        is_multi_label(subject),
    )


def measures_of(subject: Subject, objective: Objective) -> Measures:
    """What to look at for an objective."""
    return Measures(
        objective.ids,
        objective.versus,
        objective.score,
        objective.keep,
        objective.each,
        objective.sigmoid,
        is_regression(subject),
    )


def measured_phrase(measures: Measures, target: TargetCard) -> str:
    """Names what :attr:`Answers.probability` is."""
    if measures.number:
        return "the number that the model predicts"
    if target.versus_text is not None:
        chosen = target.text.removesuffix(f" − {target.versus_text}")
        return f"the probability of “{chosen}” where only it and “{target.versus_text}” are in question"
    if len(measures.ids) > 1:
        return f"the probability of “{target.text}”, the geometric mean over its {len(measures.ids)} tokens"
    return f"the probability of “{target.text}”"
