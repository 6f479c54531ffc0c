"""What every layer would say, as a Python object that displays itself: what ``gp.lens`` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .display.terminal import safe
from .errors import GlasspaneError
from .protocol import LensResult
from .saved_result import DrawnResult

if TYPE_CHECKING:
    import pandas as pd

    FloatArray = np.ndarray[Any, np.dtype[np.float64]]
    IntArray = np.ndarray[Any, np.dtype[np.int64]]


class LensReading(DrawnResult[LensResult]):
    """The residual stream read as next-token predictions, and the answer's logit as a sum of parts.

    ``data`` is the typed result itself. Arrays are [row, position]: row l is the stream after l layers (row 0: the
    embedding, the last row: what the model says), positions are those of :attr:`tokens`.
    """

    @property
    def tokens(self) -> list[str]:
        """The prompt's tokens after which the stream is read."""
        return [self.data.tokens[position].text for position in self.data.positions]

    @property
    def answer(self) -> str:
        """The text of the answer token."""
        return self.data.answer.text

    @property
    def answer_layer(self) -> int | None:
        """Layers after which the answer comes first, to stay; None where it is not first in the end."""
        return self.data.answer_layer

    @property
    def probability(self) -> FloatArray:
        """Of the answer."""
        return self._grid(self.data.table.answer_probability)

    @property
    def rank(self) -> IntArray:
        """Of the answer; 1 where no token is likelier."""
        return np.array(self.data.table.answer_rank).reshape(self._shape)

    @property
    def entropy(self) -> FloatArray:
        """Of what each layer would say, in nats."""
        return self._grid(self.data.table.entropy)

    @property
    def divergence(self) -> FloatArray:
        """KL(what the model says in the end ‖ what this layer would say), in nats."""
        return self._grid(self.data.table.divergence)

    def top(self, row: int, position: int = -1) -> list[tuple[str, float]]:
        """The likeliest tokens after ``row`` layers with their probabilities; ``position`` counts :attr:`tokens`."""
        data = self.data
        shape = (data.layers + 1, len(data.positions), data.top)
        texts = {token.id: token.text for token in data.texts}
        ids = np.array(data.table.top_ids).reshape(shape)[row, position]
        likely = np.array(data.table.top_probabilities).reshape(shape)[row, position]
        return [(texts[int(one)], float(share)) for one, share in zip(ids, likely, strict=True)]

    def to_frame(self) -> pd.DataFrame:
        """One row per layer and position: layer, position, token, top, top_probability, answer_probability,
        answer_rank, (versus_probability, versus_rank,) entropy, kl, own_rank."""
        import pandas as pd

        data, table = self.data, self.data.table
        rows, columns = data.layers + 1, len(data.positions)
        texts = {token.id: token.text for token in data.texts}
        frame = pd.DataFrame(
            {
                "layer": np.repeat(np.arange(rows), columns),
                "position": np.tile(data.positions, rows),
                "token": self.tokens * rows,
                "top": [texts[one] for one in table.top_ids[:: data.top]],
                "top_probability": table.top_probabilities[:: data.top],
                "answer_probability": table.answer_probability,
                "answer_rank": table.answer_rank,
            }
        )
        if table.versus_probability is not None and table.versus_rank is not None:
            frame["versus_probability"] = table.versus_probability
            frame["versus_rank"] = table.versus_rank
        return frame.assign(entropy=table.entropy, kl=table.divergence, own_rank=table.own_rank)

    def contributions(self) -> pd.DataFrame:
        """The terms of the answer's logit (or difference): part, layer, head, contribution.

        Rows of part embedding, positions, attention, mlp and bias add up to it; rows of part head and
        attention_bias split up those of part attention. Raises ``bad_option`` where it was not asked for.
        """
        import pandas as pd

        direct = self.data.direct
        if direct is None:
            raise GlasspaneError(
                "bad_option", "There is no direct attribution here.", "Ask for it: gp.lens(…, direct=True)."
            )
        rows: list[tuple[str, int | None, int | None, float]] = [("embedding", None, None, direct.embedding)]
        if direct.positions is not None:
            rows.append(("positions", None, None, direct.positions))
        for layer, (attention, mlp) in enumerate(zip(direct.attention, direct.mlp, strict=True)):
            rows += [("attention", layer, None, attention), ("mlp", layer, None, mlp)]
        rows.append(("bias", None, None, direct.bias))
        for layer, (heads, bias) in enumerate(zip(direct.heads, direct.attention_bias, strict=True)):
            rows += [("head", layer, head, value) for head, value in enumerate(heads)]
            rows.append(("attention_bias", layer, None, bias))
        frame = pd.DataFrame(rows, columns=["part", "layer", "head", "contribution"])
        return frame.astype({"layer": "Int64", "head": "Int64"})

    def html(self) -> str:
        """A page of its own, which loads nothing from anywhere."""
        from .display.lens import page

        return page(self.data)

    def svg(self) -> str:
        """Table and bars as an image."""
        from .display.lens_image import svg

        return svg(self.data)

    @property
    def _shape(self) -> tuple[int, int]:
        return self.data.layers + 1, len(self.data.positions)

    def _grid(self, values: list[float]) -> FloatArray:
        return np.array(values).reshape(self._shape)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display.lens import fragment, lines

        return {"text/html": fragment(self.data), "text/plain": "\n".join(lines(self.data))}

    def __repr__(self) -> str:
        layer = self.answer_layer
        first = (
            "not first in the end" if layer is None else f"first after {layer} of {self.data.layers} layers"
        )
        return safe(f"<LensReading of {self.answer!r} on {self.data.subject.name}: {first}>")
