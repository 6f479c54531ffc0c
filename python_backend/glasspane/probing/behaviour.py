"""What a model says of a text, and how far two such answers are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..attribution.targets import choice_id, id_text, is_multi_label, is_regression
from ..errors import GlasspaneError
from ..subjects import Subject
from .activations import Placed
from .examples import Examples


@dataclass(frozen=True)
class Behaviour:
    """Which of a batch's logits are compared: ``kept`` last positions, of which those in ``counted`` [row, kept]."""

    kept: int
    counted: Tensor
    sigmoid: bool

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """[row, kept, vocabulary], or [row, 1, class, 2] for classes that are each a yes or a no."""
        if logits.ndim == 2:
            logits = logits.unsqueeze(1)
        logits = _in_double(logits[:, -self.kept :])
        if self.sigmoid:
            return torch.stack(
                [torch.nn.functional.logsigmoid(logits), torch.nn.functional.logsigmoid(-logits)], -1
            )
        return logits.log_softmax(-1)

    def divergence(self, clean: Tensor, changed: Tensor) -> Tensor:
        """KL(clean ‖ changed) in nats, the mean over the positions that count → [row]."""
        terms = (clean.exp() * (clean - changed)).nan_to_num(0.0).sum(-1)
        return self._mean(terms.sum(-1) if self.sigmoid else terms)

    def top_change(self, clean: Tensor, changed: Tensor) -> Tensor:
        """By how much the probability of what was likeliest changes, the mean over positions → [row]."""
        if self.sigmoid:
            clean, changed = clean[..., 0], changed[..., 0]
        top = clean.argmax(-1, keepdim=True)
        return self._mean((changed.gather(-1, top).exp() - clean.gather(-1, top).exp()).squeeze(-1))

    def _mean(self, terms: Tensor) -> Tensor:
        counted = self.counted.to(terms)
        return (terms * counted).sum(1) / counted.sum(1)


def behaviour_of(subject: Subject, batch: Sequence[Placed]) -> Behaviour:
    """Which predictions of texts of one length can change when the stream does where they are read.

    A causal language model's from there to the end of the text, a masked one's at its mask (or where it is read),
    a classifier's classes, what an encoder–decoder's decoder begins with. Raises ``unsupported_model`` for a
    regression, which has no probabilities.
    """
    if is_regression(subject):
        raise GlasspaneError(
            "unsupported_model",
            f"{subject.name} predicts a number, which has no probabilities to compare.",
            "Test a language model or a classifier.",
        )
    rows = len(batch)
    if subject.family in ("sequence_classifier", "encoder_decoder"):
        return Behaviour(1, torch.ones(rows, 1), is_multi_label(subject))
    length = batch[0].read.given.length
    places = [
        each.position if subject.family == "causal_lm" or each.read.asked is None else each.read.asked
        for each in batch
    ]
    kept = length - min(places)
    index = torch.arange(length - kept, length)
    at = torch.tensor(places)[:, None]
    return Behaviour(kept, index >= at if subject.family == "causal_lm" else index == at, False)


MEASURED = {
    "causal_lm": "the next-token predictions from the token that is read to the end of the text",
    "masked_lm": "the prediction at the mask, or at the token that is read where there is none",
    "sequence_classifier": "the probabilities of the classes",
    "encoder_decoder": "the prediction of the first token that the decoder writes",
}


def answer_ids(
    subject: Subject, answers: Sequence[int | str], examples: Examples, placed: Placed, vocabulary: int
) -> list[int]:
    """The id of every class's answer; raises ``unknown_target``, ``not_one_token`` or ``bad_option``."""
    if len(answers) != len(examples.labels):
        raise GlasspaneError(
            "bad_option",
            f"{len(answers)} answers are given for {len(examples.labels)} classes.",
            f"Give one for each of: {', '.join(examples.labels)}; in this order, or as a dict.",
        )
    ids = [choice_id(subject, answer, placed.read, vocabulary) for answer in answers]
    if len(set(ids)) < len(ids):
        raise GlasspaneError(
            "bad_option", "Two classes have the same answer.", "Give each class an answer of its own."
        )
    return ids


def answer_texts(subject: Subject, ids: Sequence[int]) -> list[str]:
    return [id_text(subject, one) for one in ids]


def answer_difference(logits: Tensor, ids: Sequence[int], own: Tensor) -> Tensor:
    """Logit of each row's own answer minus the mean of the others' at the end of the text, ``own`` [row] → [row]."""
    last = logits if logits.ndim == 2 else logits[:, -1]
    scores = _in_double(last)[:, list(ids)]
    chosen = scores.gather(1, own[:, None].to(scores.device)).squeeze(1)
    return chosen - (scores.sum(1) - chosen) / (len(ids) - 1)


def _in_double(logits: Tensor) -> Tensor:
    """So that small changes are not rounded away; Apple's GPUs have no float64."""
    return (logits.cpu() if logits.device.type == "mps" else logits).double()
