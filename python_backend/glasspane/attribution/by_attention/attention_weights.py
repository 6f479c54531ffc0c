"""A model's attention weights, read some queries at a time: never layers × heads × T² at once.

Transformers looks its attention functions up by name. For one call, a function of ours stands behind
that name: it hands a block of queries at a time to the model's own eager function and shows the block's
weights to an observer, which keeps what it needs of them. A softmax is taken over keys, so blocks of
queries give the weights that all of them at once would. Grouped heads, rotary positions, soft caps,
sliding windows and relative biases are the model's own code.

Models that are older than that mechanism run with eager attention, and hooks take each layer's weights
away as soon as it returns them: one layer at a time, all queries at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import GlasspaneError
from ...kernel.progress import Report
from ...subjects import Subject
from ...subjects.architecture import Meter, ModelInput, run
from ...subjects.attention_functions import NoEagerFunction, eager_function
from ...subjects.guard import attention_through, eager_attention

BLOCK_BYTES = 16 * 2**20
"""Size of one block of weights; eager attention keeps about four such blocks alive at its peak."""


@dataclass(frozen=True)
class QueryBlock:
    """What some consecutive queries of one layer read.

    ``weights`` [head, query, key] in float32 or wider, virtual tokens of adapters cut off; ``first`` is the
    index of the first of them, ``queries`` how many the layer has. ``visible`` [query] is how many keys
    each can see. ``values`` [head, key, dim] are the value vectors, heads that share theirs (grouped
    queries) counted once; None where the model hides them.
    """

    layer: int
    first: int
    queries: int
    weights: Tensor
    visible: Tensor
    module: nn.Module
    values: Tensor | None = None

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + self.weights.shape[1])

    @property
    def last(self) -> bool:
        """Whether this block completes its layer."""
        return bool(self.rows.stop == self.queries)


Observer = Callable[[QueryBlock], None]


def read_attention(
    subject: Subject, given: ModelInput, observe: Observer, report: Report, meter: Meter | None = None
) -> int:
    """Run the model once and show every block of self-attention weights to ``observe``, layer by layer.

    Of encoder–decoders, the encoder's. Returns how many layers were read. Raises
    ``unsupported_model`` where the model gives no weights.
    """
    # What accelerate keeps elsewhere must be put away again after each layer: no stopping halfway.
    offloaded = any(hasattr(module, "_hf_hook") for module in subject.model.modules())
    reader = _Reader(subject, given, observe, (lambda *_: None) if offloaded else report)
    with torch.no_grad():
        try:
            with attention_through(subject, reader.attend):
                run(subject, given, meter=meter)
        except NoEagerFunction:
            if reader.layers:
                raise _hidden(subject) from None
        if not reader.layers:
            _read_outputs(subject, given, reader, meter)
    if not reader.layers:
        raise _hidden(subject)
    return reader.layers


def _hidden(subject: Subject) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        f"{type(subject.core).__name__} does not give its attention weights.",
        "Use a gradient method: it says more anyway.",
    )


@dataclass
class _Reader:
    """Cuts attention calls into blocks and counts the layers."""

    subject: Subject
    given: ModelInput
    observe: Observer
    report: Report
    layers: int = 0
    scope: nn.Module = field(init=False)
    expected: int = field(init=False)

    def __post_init__(self) -> None:
        core = self.subject.core
        self.scope = core.get_encoder() if self.subject.family == "encoder_decoder" else core
        self._watched = {id(module) for module in self.scope.modules()}
        config = core.config.get_text_config() if hasattr(core.config, "get_text_config") else core.config
        self.expected = max(1, int(getattr(config, "num_hidden_layers", None) or 1))

    @property
    def tokens(self) -> int:
        return self.given.length - self.given.decoded

    def attend(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any, **options: Any
    ) -> tuple[Tensor, None]:
        """Stands for ``eager_attention_forward``: query, key and value [1, head, token, dim]."""
        eager = eager_function(module)
        queries, keys = query.shape[2], key.shape[2]
        step = max(1, BLOCK_BYTES // max(1, query.shape[1] * keys * query.element_size()))
        watched = id(module) in self._watched and min(queries, keys) >= self.tokens
        parts = []
        for start in range(0, queries, step):
            rows = slice(start, min(start + step, queries))
            output, weights = eager(
                module,
                query[:, :, rows],
                key,
                value,
                _of_queries(mask, rows, queries, keys),
                **{name: _of_queries(option, rows, queries, keys) for name, option in options.items()},
            )[:2]
            parts.append(output)
            if watched:
                self._show(
                    module, weights[0], rows.start, queries, _visible(mask, rows, queries, keys), value
                )
        if watched:
            self.layers += 1
        return torch.cat(parts, dim=1), None

    def _show(
        self, module: nn.Module, weights: Tensor, start: int, queries: int, seen: Tensor | None, value: Tensor
    ) -> None:
        virtual = queries - self.tokens
        skipped = max(0, virtual - start)
        if skipped >= weights.shape[1]:
            return
        weights = weights[:, skipped:, -self.tokens :]
        visible = (weights[0] > 0).sum(-1) if seen is None else seen[skipped:, -self.tokens :].sum(-1)
        values, first = value[0, :, -self.tokens :], start + skipped - virtual
        self.show(QueryBlock(self.layers, first, self.tokens, _wide(weights), visible, module, values))

    def show(self, block: QueryBlock) -> None:
        done = (block.layer + block.rows.stop / block.queries) / self.expected
        self.report(min(0.9, 0.9 * done), f"attention, layer {block.layer + 1}")
        self.observe(block)


def _of_queries(given: Any, rows: slice, queries: int, keys: int) -> Any:
    """Masks and biases [.., query, key] cut to the block; everything else as it is."""
    if (
        isinstance(given, Tensor)
        and given.ndim >= 3
        and given.shape[-2] == queries
        and given.shape[-1] >= keys
    ):
        return given[..., rows, :]
    return given


def _visible(mask: Any, rows: slice, queries: int, keys: int) -> Tensor | None:
    """Which keys the queries can see, [query, key]; None: not said, all of those with weight."""
    if mask is None:
        return torch.ones(rows.stop - rows.start, keys, dtype=torch.bool)
    if not isinstance(mask, Tensor) or mask.ndim != 4:
        return None
    block: Tensor = _of_queries(mask, rows, queries, keys)[0, 0, :, :keys]
    seen = block if block.dtype == torch.bool else block > torch.finfo(block.dtype).min / 2
    return seen.expand(rows.stop - rows.start, keys)


def _wide(weights: Tensor) -> Tensor:
    return weights.float() if weights.dtype in (torch.float16, torch.bfloat16) else weights


def _read_outputs(subject: Subject, given: ModelInput, reader: _Reader, meter: Meter | None) -> None:
    """Eager weights as the modules return them, taken out of their outputs one layer at a time."""

    def hook(module: nn.Module, _inputs: Any, output: Any) -> Any:
        if type(output) is not tuple:
            return None
        for place in reversed(range(len(output))):
            if _is_weights(output[place], reader.tokens):
                weights = output[place][0][:, -reader.tokens :, -reader.tokens :]
                visible = (weights[0] > 0).sum(-1)
                reader.show(QueryBlock(reader.layers, 0, reader.tokens, _wide(weights), visible, module))
                reader.layers += 1
                return (*output[:place], output[place].new_empty(0), *output[place + 1 :])
        return None

    # First in line: the hooks by which transformers collects weights then find nothing to keep.
    handles = [module.register_forward_hook(hook, prepend=True) for module in reader.scope.modules()]
    try:
        with eager_attention(subject):
            run(subject, given, attentions=True, meter=meter)
    finally:
        for handle in handles:
            handle.remove()


def _is_weights(item: Any, tokens: int) -> bool:
    """[1, head, query, key] of rows that add up to 1, as no bias, mask or cache does."""
    if not isinstance(item, Tensor) or item.ndim != 4 or min(item.shape[-2:]) < tokens or item.shape[0] != 1:
        return False
    return bool(((item.sum(-1, dtype=torch.float32) - 1).abs() < 0.02).all()) and bool((item >= 0).all())
