"""inseq's attribution methods as rows: what it calls them, what their numbers mean, what can be set.

Data only: importing this costs nothing, and nothing of inseq. :mod:`.methods` makes menu rows of it,
:mod:`.inseq_engine` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PREFIX = "inseq:"

_CAPTUM = "captum, through inseq (Sarti et al. 2023, arXiv:2302.13942)"


@dataclass(frozen=True)
class InseqRow:
    """One method of inseq 0.7.

    ``raw`` says what inseq returns for a token: a score for each "dimension" of its embedding (added up
    where ``signed``, else their L2 norm), one "token" score, "copies" of one score along the
    dimensions, or a score per "query" position, layer and head (that of the deciding position,
    averaged over the rest).
    """

    name: str
    label: str
    summary: str
    signed: bool
    reference: str
    note: str
    raw: Literal["dimension", "token", "copies", "query"] = "dimension"
    steps: int | None = None  # the default of the option, where the method takes it
    samples: int | None = None
    random: bool = False
    adds_up: bool = False  # to f(prompt) − f(baseline): then the gap is reported
    encoder_only: bool = False  # inseq attributes nothing of what a decoder has read
    looks_at_score: bool = True
    reads_attention: bool = False

    @property
    def debugging_aid(self) -> bool:
        """What happens inside, never the answer by itself."""
        return self.raw == "query"

    @property
    def takes_gradients(self) -> bool:
        return self.raw == "dimension" and self.name != "lime"


_LOCAL = "A local, first-order view at this prompt; the scores need not add up to the answer."
_FROM_BASELINE = "Relative to inseq's baseline, a prompt of unknown (or padding) tokens."
_AT_LAYER = f"{_FROM_BASELINE} Taken at the embedding layer, from token ids."

INSEQ_ROWS: dict[str, InseqRow] = {
    row.name: row
    for row in (
        InseqRow("input_x_gradient", "Input × gradient", "First-order effect of each token's embedding: signed.",
                 True, _CAPTUM, _LOCAL),
        InseqRow("saliency", "Saliency", "Size of the gradient at each token's embedding: no direction.",
                 False, _CAPTUM, "Sensitivity, not contribution."),
        InseqRow("integrated_gradients", "Integrated gradients",
                 "Gradients along the straight path from a baseline, a fixed number of steps: signed.",
                 True, _CAPTUM, _FROM_BASELINE, steps=50, adds_up=True),
        InseqRow("discretized_integrated_gradients", "Discretized IG",
                 "Integrated gradients along a path that keeps close to real tokens: signed.",
                 True, "Sanyal & Ren 2021, arXiv:2108.13654",
                 f"{_FROM_BASELINE} Neighbours of every token are found first: slow, once, on large vocabularies.",
                 steps=50, adds_up=True, encoder_only=True),
        InseqRow("sequential_integrated_gradients", "Sequential IG",
                 "Integrated gradients of one token at a time, the others staying as they are: signed.",
                 True, "Enguehard 2023, arXiv:2305.15853",
                 "Each token has a path of its own: the scores need not add up. Costs steps × tokens.",
                 steps=50, encoder_only=True),
        InseqRow("deeplift", "DeepLIFT", "Differences from a baseline, passed back layer by layer: signed.",
                 True, _CAPTUM, f"{_FROM_BASELINE} captum's rescale rule knows activations, not attention or norms.",
                 adds_up=True),
        InseqRow("gradient_shap", "Gradient SHAP", "Gradients at random points between a baseline and the prompt: "
                 "signed.", True, _CAPTUM, _FROM_BASELINE, samples=5, random=True, adds_up=True),
        InseqRow("layer_integrated_gradients", "Layer IG", "Integrated gradients at the embedding layer: signed.",
                 True, _CAPTUM, _AT_LAYER, steps=50, adds_up=True, encoder_only=True),
        InseqRow("layer_gradient_x_activation", "Layer gradient × activation",
                 "Gradient × output of the embedding layer: signed.", True, _CAPTUM, _LOCAL, encoder_only=True),
        InseqRow("layer_deeplift", "Layer DeepLIFT", "DeepLIFT at the embedding layer: signed.",
                 True, _CAPTUM, _AT_LAYER, adds_up=True, encoder_only=True),
        InseqRow("occlusion", "Occlusion",
                 "What changes when a token's embedding is replaced by the baseline's: size only.",
                 False, _CAPTUM, "inseq drops the sign: it says how much, not which way.", raw="token"),
        InseqRow("lime", "LIME", "A linear stand-in with a weight for every dimension of the embeddings: size only.",
                 False, "Ribeiro et al. 2016, arXiv:1602.04938, through inseq",
                 "Far fewer samples than weights, and masked embeddings are filled with one number: "
                 "our own LIME asks a clearer question.", samples=50, random=True, encoder_only=True),
        InseqRow("reagent", "ReAGent", "Loss of probability when a token is replaced by plausible others.",
                 False, "Zhao & Shan 2024, arXiv:2402.00794",
                 "Always about probability, whatever score is chosen; needs nltk, whose tagger inseq downloads.",
                 raw="copies", random=True, looks_at_score=False),
        InseqRow("attention", "Attention (debugging aid)",
                 "Attention weights, mean over layers and heads: where it looks, not what changes the answer.",
                 False, "Jain & Wallace 2019, arXiv:1902.10186 (why not to lean on it)",
                 "Attention shows where the model looks, not what changes its answer.",
                 raw="query", looks_at_score=False, reads_attention=True),
        InseqRow("value_zeroing", "Value zeroing (debugging aid)",
                 "How far a position's state moves when a token's values are zeroed: mixing, not the answer.",
                 False, "Mohebbi et al. 2023, arXiv:2301.12971",
                 "Value zeroing shows what mixes inside the layers, not what changes the answer; few models allow it.",
                 raw="query", looks_at_score=False),
    )
}  # fmt: skip
