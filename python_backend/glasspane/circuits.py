"""A circuit as a Python object that displays itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .display.terminal import safe
from .protocol import CircuitNode, CircuitResult, CircuitValidation, Interval
from .saved_result import DrawnResult

if TYPE_CHECKING:
    import pandas as pd


class Circuit(DrawnResult[CircuitResult]):
    """The heads and MLPs that carry a behaviour, with what shows it. ``data`` is the typed result itself."""

    @property
    def nodes(self) -> list[str]:
        """Names of the circuit's nodes: ``9.6`` is head 6 of layer 9."""
        return [node.name for node in self.data.nodes if node.inside]

    @property
    def classes(self) -> dict[str, list[str]]:
        """What each head that has an effect does, as far as figures show it."""
        return {node.name: [each.name for each in node.classes] for node in self.data.nodes if node.classes}

    @property
    def verdict(self) -> str:
        """``"validated"`` or ``"not validated"`` on held-out pairs, or ``"not held out"``."""
        return self.data.verdict

    @property
    def summary(self) -> list[str]:
        """What was shown, in sentences."""
        return self.data.summary

    @property
    def faithfulness(self) -> Interval:
        """Share of the behaviour that the circuit carries alone, on held-out pairs where there are any."""
        return self.validation.faithfulness

    @property
    def validation(self) -> CircuitValidation:
        """Of held-out pairs where there are any, else of those that it was found on."""
        return self.data.validation[-1]

    def node(self, name: str) -> CircuitNode:
        """Figures of one node; raises ``KeyError`` for one that has no effect and is not in the circuit."""
        for node in self.data.nodes:
            if node.name == name:
                return node
        raise KeyError(f"{name}: listed are {', '.join(node.name for node in self.data.nodes)}")

    def to_frame(self) -> pd.DataFrame:
        """One row per node with an effect, by name: layer, head, inside, lost, restores, classes."""
        import pandas as pd

        rows = [
            {
                "name": node.name,
                "layer": node.layer,
                "head": node.head,
                "inside": node.inside,
                "lost": node.lost,
                "restores": node.restores,
                "classes": ", ".join(each.name for each in node.classes),
            }
            for node in self.data.nodes
        ]
        return pd.DataFrame(rows).set_index("name")

    def edges(self) -> pd.DataFrame:
        """One row per edge, strongest first: source, target, into, estimated, exact."""
        import pandas as pd

        columns = ["source", "target", "into", "estimated", "exact"]
        return pd.DataFrame([edge.model_dump() for edge in self.data.edges], columns=columns)

    def svg(self) -> str:
        """The graph as an image: layers up the page, lines as wide as edges are strong."""
        from .display.circuit import svg

        return svg(self.data)

    def html(self) -> str:
        """Graph and words as a page of its own, which loads nothing from anywhere."""
        from .display.circuit import page

        return page(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .display.circuit import fragment, lines

        return {"text/html": fragment(self.data), "text/plain": "\n".join(lines(self.data))}

    def __repr__(self) -> str:
        return safe(f"<Circuit {', '.join(self.nodes)} of {self.data.subject.name}: {self.verdict}>")
