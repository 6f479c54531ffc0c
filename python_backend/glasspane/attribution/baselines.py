"""What stands for "this token is not there" in path methods."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..subjects import Subject
from ..subjects.architecture import ModelInput, device_of, embedding_rows, run
from ..subjects.prompt import ReadPrompt
from ..subjects.tokens import tokenise


@dataclass(frozen=True)
class Baseline:
    """Embeddings [1, token, dim] of the absent prompt, and the phrase that names them."""

    embeddings: Tensor
    phrase: str
    ill_conditioned: bool = False


def baseline(subject: Subject, read: ReadPrompt, name: str, embeddings: Tensor) -> Baseline:
    """The baseline called ``name`` for a prompt whose own embeddings are ``embeddings``.

    ``zero`` and ``mean`` are vectors, put at every position. ``pad``, ``mask`` and a user text are
    token ids, put at every position the person wrote; tokens that the tokenizer or the chat
    template added stay. Raises ``bad_option`` when the model has no such token.
    """
    if name == "default":
        return _default(subject, read, embeddings)
    if name == "zero":
        return Baseline(torch.zeros_like(embeddings), "zero embedding", _normalises_by_size(subject))
    if name == "mean":
        return Baseline(mean_embedding(subject, embeddings).expand_as(embeddings), "mean embedding")
    if name == "mask":
        token = subject.tokenizer.mask_token_id
        if token is None:
            raise _no_such(subject, "mask")
        return _of_token(subject, read, int(token), f"mask token {subject.tokenizer.mask_token}")
    if name == "pad":
        token = subject.tokenizer.pad_token_id
        if token is None:
            raise _no_such(subject, "pad")
        return _of_token(subject, read, int(token), f"pad token {subject.tokenizer.pad_token}")
    return _of_text(subject, read, name)


def mean_embedding(subject: Subject, like: Tensor) -> Tensor:
    """Mean over the vocabulary of what the embedding layer gives, [dim], in chunks."""
    rows = embedding_rows(subject)
    total = torch.zeros(like.shape[-1], dtype=torch.float64, device=like.device)
    if like.device.type == "mps":
        total = total.float()
    device = device_of(subject)
    with torch.no_grad():
        for ids in torch.arange(rows, device=device).split(16_384):
            # forward(), not a call: hooks of the user's own must not see this.
            total += subject.embedding.forward(ids.unsqueeze(0))[0].to(total).sum(0)
    return (total / rows).to(like.dtype)


def _default(subject: Subject, read: ReadPrompt, embeddings: Tensor) -> Baseline:
    tokenizer = subject.tokenizer
    for token, kind in (
        (tokenizer.mask_token_id, "mask"),
        (tokenizer.pad_token_id, "pad"),
        (tokenizer.eos_token_id, "end-of-text"),
    ):
        if token is None or int(token) >= embedding_rows(subject):
            continue
        found = _of_token(
            subject, read, int(token), f"{kind} token {tokenizer.convert_ids_to_tokens(int(token))}"
        )
        replaced = [i for i, fixed in enumerate(read.fixed) if not fixed]
        if kind == "mask" or (replaced and bool(found.embeddings[0, replaced].any())):
            return found
    return baseline(subject, read, "mean", embeddings)


def _of_token(subject: Subject, read: ReadPrompt, token: int, phrase: str) -> Baseline:
    ids = read.given.ids.clone()
    free = torch.tensor([not fixed for fixed in read.fixed], device=ids.device)
    ids[0, free] = token
    return _of_ids(subject, read, ids, phrase)


def _of_text(subject: Subject, read: ReadPrompt, text: str) -> Baseline:
    given = tokenise(subject.tokenizer, text, add_special_tokens=False).ids
    places = [i for i, fixed in enumerate(read.fixed) if not fixed]
    if len(given) == 1:
        given = given * len(places)
    if len(given) != len(places):
        raise GlasspaneError(
            "bad_option",
            f"The baseline text has {len(given)} tokens, the prompt {len(places)}.",
            "Give a text of as many tokens, or of a single one to stand at every place; "
            "named baselines are default, mean, zero, pad and mask.",
            pieces=[str(piece) for piece in subject.tokenizer.convert_ids_to_tokens(given)],
        )
    ids = read.given.ids.clone()
    ids[0, places] = torch.tensor(given, dtype=ids.dtype, device=ids.device)
    return _of_ids(subject, read, ids, f"the text {text!r}")


def _of_ids(subject: Subject, read: ReadPrompt, ids: Tensor, phrase: str) -> Baseline:
    embeddings = embeddings_of(subject, read.given.with_ids(ids))
    # A padding token's row is often zero, as transformers makes it.
    zero = bool((embeddings == 0).all(-1).any())
    return Baseline(embeddings, phrase, zero and _normalises_by_size(subject))


def embeddings_of(subject: Subject, given: ModelInput) -> Tensor:
    """What the embedding layer gives for ``given``, [1, token, dim], seen in a real forward pass."""
    highest, rows = int(given.ids.max()), embedding_rows(subject)
    if highest >= rows:
        raise GlasspaneError(
            "bad_option",
            f"The baseline needs token id {highest:,}, but {subject.name} embeds only {rows:,} ids.",
            "Choose another baseline, or call model.resize_token_embeddings(len(tokenizer)).",
        )
    with torch.no_grad():
        return run(subject, given).embeddings.detach()


def _normalises_by_size(subject: Subject) -> bool:
    """RMSNorm divides by the vector's size: at zero its gradient blows up."""
    return any("RMSNorm" in type(module).__name__ for module in subject.core.modules())


def _no_such(subject: Subject, kind: str) -> GlasspaneError:
    return GlasspaneError(
        "bad_option",
        f"The tokenizer of {subject.name} has no {kind} token.",
        "Choose another baseline: mean works for every model.",
    )
