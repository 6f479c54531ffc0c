"""What exactly is explained: the target resolved to ids, and the score as a function of logits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..figures import percent
from ..protocol import (
    ClassTarget,
    CompletionTarget,
    ContrastTarget,
    Prediction,
    ScoreFunction,
    Target,
    TargetCard,
    TargetPiece,
    TokenTarget,
    TopTarget,
)
from ..subjects import Subject
from ..subjects.prompt import ReadPrompt
from ..subjects.tokens import printable

SHOWN_PREDICTIONS = 10


@dataclass(frozen=True)
class Objective:
    """One or more scalar functions of the logits.

    ``ids[k]`` is scored at the k-th kept position; ``versus`` is subtracted where given. The sum is
    explained, or, with ``each``, every term by itself. ``keep`` is how many of the last positions the
    model must unembed; what it keeps beyond the ids is not read.
    """

    ids: tuple[int, ...]
    versus: tuple[int, ...]
    score: ScoreFunction
    keep: int
    each: bool = False
    sigmoid: bool = False  # multi-label classifiers: each class has a probability of its own

    @property
    def targets(self) -> int:
        """How many scalars are explained."""
        return len(self.ids) if self.each else 1

    def __call__(self, logits: Tensor) -> Tensor:
        """Scores of each row: logits [row, position, vocabulary] or [row, class] → [row, target]."""
        if logits.ndim == 2:
            logits = logits.unsqueeze(1)
        scores = self._scored(logits[:, : len(self.ids)])
        terms = self._at(self.ids, scores)
        if self.versus:
            terms = terms - self._at(self.versus, scores)
        return terms if self.each else terms.sum(1, keepdim=True)

    @staticmethod
    def _at(ids: tuple[int, ...], scores: Tensor) -> Tensor:
        index = torch.tensor(ids, device=scores.device).view(1, -1, 1)
        return scores.gather(2, index.expand(scores.shape[0], -1, 1)).squeeze(2)

    def _scored(self, logits: Tensor) -> Tensor:
        if self.score == "logit":
            return logits
        if self.sigmoid:
            return logits.sigmoid() if self.score == "prob" else torch.nn.functional.logsigmoid(logits)
        return logits.softmax(-1) if self.score == "prob" else logits.log_softmax(-1)


def probabilities(subject: Subject, logits: Tensor) -> Tensor:
    """Probabilities over the last axis, as this subject defines them."""
    return logits.sigmoid() if is_multi_label(subject) else logits.softmax(-1)


def is_multi_label(subject: Subject) -> bool:
    config = subject.core.config
    return subject.family == "sequence_classifier" and (
        getattr(config, "problem_type", None) == "multi_label_classification"
    )


def is_regression(subject: Subject) -> bool:
    """One output that is a number, not (as a multi-label head of one) a yes or no."""
    return (
        subject.family == "sequence_classifier" and len(subject.labels) == 1 and not is_multi_label(subject)
    )


def predictions(subject: Subject, logits: Tensor) -> list[Prediction]:
    """The likeliest next tokens (or classes) of ``logits`` [vocabulary or class], best first."""
    probability = probabilities(subject, logits)
    best = torch.topk(logits, min(SHOWN_PREDICTIONS, logits.shape[-1]))
    return [
        Prediction(
            id=index,
            text=id_text(subject, index),
            probability=float(probability[index]),
            logit=float(logits[index]),
        )
        for index in best.indices.tolist()
    ]


def id_text(subject: Subject, index: int) -> str:
    """A class's label, or a token as text; bytes that are no character alone are shown as pieces."""
    if subject.family == "sequence_classifier":
        return subject.labels[index]
    tokenizer = subject.tokenizer
    piece = tokenizer.convert_ids_to_tokens(index)
    text = str(tokenizer.decode([index], clean_up_tokenization_spaces=False))
    if piece is None:
        return text
    if isinstance(piece, str) and piece.startswith("▁") and not text.startswith(" "):
        return " " + text.lstrip()  # sentencepiece decoders drop a leading space
    return str(piece) if "\ufffd" in text or not text else text


def resolve(
    subject: Subject, target: Target, score: ScoreFunction, read: ReadPrompt, logits: Tensor
) -> Objective:
    """The objective that ``target`` names, given the logits [vocabulary or class] of the prompt.

    Raises ``unknown_target`` or ``not_one_token`` (with the pieces).
    """
    sigmoid = is_multi_label(subject)
    if subject.family == "sequence_classifier" and len(subject.labels) < logits.shape[-1]:
        raise GlasspaneError(
            "unsupported_model",
            f"{subject.name} scores {logits.shape[-1]} classes, but its configuration names {len(subject.labels)}.",
            "Set model.config.id2label to a name for each class.",
        )

    def objective(ids: list[int], versus: tuple[int, ...] = (), each: bool = False) -> Objective:
        return Objective(tuple(ids), versus, score, read.keep, each, sigmoid)

    if score != "logit" and is_regression(subject):
        raise GlasspaneError(
            "bad_option",
            f"{subject.name} predicts a number, which has no probability.",
            "Choose the score logit: that is the number itself.",
        )
    if isinstance(target, CompletionTarget):
        refuse_completion(subject)
        for token in read.completion_ids:
            _refuse_unscored(subject, token, int(logits.shape[-1]))
        return objective(read.completion_ids, each=target.each and len(read.completion_ids) > 1)
    if isinstance(target, TopTarget):
        return objective([int(logits.argmax())])
    size = int(logits.shape[-1])
    if isinstance(target, ContrastTarget):
        chosen, other = (choice_id(subject, one, read, size) for one in (target.token, target.versus))
        if chosen == other:
            raise GlasspaneError(
                "unknown_target",
                f"{id_text(subject, chosen)!r} cannot be compared with itself.",
                "Choose two different answers.",
            )
        return objective([chosen], (other,))
    if isinstance(target, ClassTarget) and subject.family != "sequence_classifier":
        raise GlasspaneError(
            "unknown_target",
            f"{subject.name} is a language model: it has no classes.",
            "Choose a token instead.",
        )
    choice = target.label if isinstance(target, ClassTarget) else target.token
    assert isinstance(target, (ClassTarget, TokenTarget))
    return objective([choice_id(subject, choice, read, size)])


def refuse_completion(subject: Subject) -> None:
    """Raise ``unknown_target`` for models that write none."""
    if subject.family == "sequence_classifier":
        raise GlasspaneError(
            "unknown_target", "A classifier writes no completion.", "Explain one of its classes."
        )
    if subject.family == "masked_lm":
        raise GlasspaneError(
            "unknown_target",
            f"{subject.name} fills masks; it writes no completion.",
            "Explain a token at the mask instead.",
        )


def choice_id(subject: Subject, choice: int | str, read: ReadPrompt, size: int) -> int:
    """The id of a class or of a next token given by id or by text; the model scores ``size`` of them."""
    if subject.family == "sequence_classifier":
        return _class_index(subject, choice, size)
    token = choice if isinstance(choice, int) else _single_token(subject, choice, read)
    _refuse_unscored(subject, token, size)
    return token


def _refuse_unscored(subject: Subject, token: int, size: int) -> None:
    """A tokenizer may know more tokens than the model was made for."""
    if not 0 <= token < size:
        raise GlasspaneError(
            "unknown_target",
            f"{subject.name} scores no token with the id {token}.",
            f"Its ids run from 0 to {size - 1}.",
        )


def _class_index(subject: Subject, choice: int | str, size: int) -> int:
    labels = subject.labels[:size]  # more names than classes: the last ones name nothing
    if isinstance(choice, int):
        if 0 <= choice < len(labels):
            return choice
    elif labels.count(choice) > 1:
        raise GlasspaneError(
            "unknown_target",
            f"{labels.count(choice)} classes of {subject.name} are called {choice!r}.",
            f"Give the id of one: {' and '.join(str(i) for i, label in enumerate(labels) if label == choice)}.",
        )
    elif choice in labels:
        return labels.index(choice)
    else:
        folded = [label.casefold() for label in labels]
        if folded.count(choice.strip().casefold()) == 1:
            return folded.index(choice.strip().casefold())
    raise GlasspaneError(
        "unknown_target",
        f"{subject.name} has no class {choice!r}.",
        f"Choose one of: {', '.join(labels)}.",
    )


def _single_token(subject: Subject, text: str, read: ReadPrompt) -> int:
    tokenizer, text = subject.tokenizer, printable(text)
    if not text:
        raise GlasspaneError("unknown_target", "The target is empty.", "Give the text of a next token.")
    ids = [int(i) for i in tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]]
    if len(ids) == 1 and id_text(subject, ids[0]) == text:
        return ids[0]
    if subject.family != "causal_lm":
        if len(ids) == 1:
            return ids[0]
        raise _several_tokens(subject, text, ids)
    # A sentencepiece tokenizer splits " Paris" when it stands alone: read it where it would stand.
    before = read.given.ids[0].tolist()
    whole = read.rendered if read.rendered is not None else read.text
    after = tokenizer(whole + text, add_special_tokens=read.template == "raw", verbose=False)["input_ids"]
    while after and len(after) > len(before) + 1 and after[-1] in tokenizer.all_special_ids:
        after = after[:-1]
    if list(after[: len(before)]) == before and len(after) == len(before) + 1:
        return int(after[-1])
    if len(ids) == 1:
        return ids[0]
    raise _several_tokens(subject, text, ids)


def _several_tokens(subject: Subject, text: str, ids: list[int]) -> GlasspaneError:
    pieces = [id_text(subject, i) for i in ids]
    spaced = subject.tokenizer(" " + text, add_special_tokens=False, verbose=False)["input_ids"]
    hint = (
        f"{' ' + text!r}, with its leading space, is one token: use that."
        if not text.startswith(" ") and len(spaced) == 1
        else "Choose its first piece, or explain the whole as a completion."
    )
    return GlasspaneError(
        "not_one_token",
        f"{text!r} is {len(ids)} tokens for {subject.name}: {' | '.join(map(repr, pieces)) or 'none'}.",
        hint,
        pieces=pieces,
    )


def forgotten_space(subject: Subject, target: Target, logits: Tensor) -> str | None:
    """A sentence where the chosen next token is much less likely than itself behind a space.

    A side of a contrast may be unlikely either way: there the space alone must make it likelier, by
    ten times, or at all where the other side has one.
    """
    if subject.family != "causal_lm":
        return None
    contrast = isinstance(target, ContrastTarget)
    chosen = (
        [target.token, target.versus]
        if isinstance(target, ContrastTarget)
        else [target.token]
        if isinstance(target, TokenTarget)
        else []
    )
    one_has_it = contrast and any(isinstance(text, str) and text.startswith(" ") for text in chosen)
    likelihood = logits.softmax(-1)
    for text in chosen:
        if not isinstance(text, str) or text.startswith(" "):
            continue
        bare, spaced = (
            subject.tokenizer(one, add_special_tokens=False, verbose=False)["input_ids"]
            for one in (text, " " + text)
        )
        if not (len(bare) == len(spaced) == 1 and id_text(subject, spaced[0]) == " " + text):
            continue
        with_space, without = float(likelihood[spaced[0]]), float(likelihood[bare[0]])
        if with_space > (1 if one_has_it else 10) * without and (contrast or with_space > 0.01):
            likelier = (
                "is likelier"
                if percent(with_space) == percent(without)
                else f"is {percent(with_space)} likely"
            )
            return (
                f"{text!r} was explained as it stands ({percent(without)} likely). With its leading space, "
                f"{' ' + text!r}, it {likelier}: did you mean that?"
            )
    return None


def card(
    subject: Subject, objective: Objective, target: Target, values: Tensor, logits: Tensor, read: ReadPrompt
) -> TargetCard:
    """The resolved target, with its value; ``values`` [target], ``logits`` [kept position, vocabulary]
    or [1, class]."""
    probability: float | None = None
    if not objective.versus and not is_regression(subject):
        each = probabilities(subject, logits)
        probability = float(torch.stack([each[k, i] for k, i in enumerate(objective.ids)]).prod())
    text = "".join(id_text(subject, i) for i in objective.ids)
    if isinstance(target, CompletionTarget):
        text = "".join(read.text[start:end] for start, end in _distinct(read.completion_spans)) or text
    if objective.versus:
        text = f"{text} − {''.join(id_text(subject, i) for i in objective.versus)}"
    kind = (
        "completion"
        if isinstance(target, CompletionTarget)
        else "contrast"
        if objective.versus
        else "class"
        if subject.family == "sequence_classifier"
        else "token"
    )
    return TargetCard(
        kind=kind,  # type: ignore[arg-type]
        text=text,
        ids=list(objective.ids),
        versus_ids=list(objective.versus),
        versus_text="".join(id_text(subject, i) for i in objective.versus) or None,
        score=objective.score,
        value=float(values.sum()),
        probability=probability,
        pieces=_pieces(subject, objective, values, logits, read),
    )


def _distinct(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Tokens that share a character share its span: it is written once."""
    return list(dict.fromkeys(spans))


def _pieces(
    subject: Subject, objective: Objective, values: Tensor, logits: Tensor, read: ReadPrompt
) -> list[TargetPiece]:
    if not objective.each:
        return []
    likely = probabilities(subject, logits)
    return [
        TargetPiece(
            id=token,
            text=id_text(subject, token),
            start=start,
            end=end,
            value=float(values[k]),
            probability=float(likely[k, token]),
        )
        for k, (token, (start, end)) in enumerate(zip(objective.ids, read.completion_spans, strict=True))
    ]
