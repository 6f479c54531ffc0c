"""DeepLIFT against captum where captum has rules, by hand and by brute force where it has none, and against
its axiom, completeness, on every family."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import DeepLift
from captum.attr._core import deep_lift
from plain_model import TEXT, embed, ids_of, relative, subject_of, text_for
from tiny_models import make_model, tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

import glasspane as gp
from glasspane.attribution.by_gradient.rescale import RescaleRules
from glasspane.errors import GlasspaneError

CAUSAL = ["gpt2", "llama", "qwen3", "gemma2", "neox"]
FAMILIES = [*CAUSAL, "distilbert", "bert", "bert_masked", "t5"]
FLOAT32_INSIDE = {"llama", "qwen3", "gemma2", "neox", "t5"}
"""They compute norms or softmax in float32 whatever their weights are in."""


class Head(PretrainedConfig):
    model_type = "hand_made"

    def __init__(self, width: int = 8, num_labels: int = 2, **more: Any) -> None:
        super().__init__(num_labels=num_labels, **more)
        self.vocab_size, self.hidden_size, self.num_hidden_layers, self.num_attention_heads = 600, width, 1, 1


class HandMadeForSequenceClassification(PreTrainedModel):  # type: ignore[misc]
    """Embeddings [row, token, dim] → ``head`` → [row, class]."""

    config_class = Head

    def __init__(self, head: Callable[[Tensor], Tensor], config: Head) -> None:
        super().__init__(config)
        self.embed = nn.Embedding(config.vocab_size, config.hidden_size)
        self.head = head
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.embed

    def _init_weights(self, module: nn.Module) -> None:
        return None

    def forward(self, input_ids: Any = None, attention_mask: Any = None, **_: Any) -> Any:
        return SequenceClassifierOutput(logits=self.head(self.embed(input_ids)))


def hand_made(head: Callable[[Tensor], Tensor], width: int = 8, num_labels: int = 2) -> Any:
    """In double precision, so that equality can be asked for."""
    torch.manual_seed(0)
    model = HandMadeForSequenceClassification(head, Head(width, num_labels))
    return gp.subject(model.double().eval(), tokenizer("byte_level"))


def start_of(subject: Any, ids: Tensor, baseline: str) -> Tensor:
    """The baselines ``mean`` and ``zero`` without glasspane."""
    rows = subject.model.get_input_embeddings().weight.shape[0]
    mean = embed(subject, torch.arange(rows)[None])[0].mean(0)
    return (
        (mean if baseline == "mean" else torch.zeros_like(mean)).expand_as(embed(subject, ids)).contiguous()
    )


class TokenMLP(nn.Module):
    """Modules that captum's rescale rule knows, each called once."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.widen, self.first, self.mix, self.second, self.out = (
            nn.Linear(8, 16), first, nn.Linear(16, 12), second, nn.Linear(12, 2),
        )  # fmt: skip

    def forward(self, embeddings: Tensor) -> Tensor:
        return self.out(self.second(self.mix(self.first(self.widen(3 * embeddings)).mean(1))))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (nn.ReLU, nn.Tanh),
        (nn.GELU, nn.ReLU),
        (nn.Tanh, nn.Sigmoid),
        (nn.Sigmoid, nn.GELU),
        (nn.ELU, nn.Softplus),
    ],
)
def test_it_equals_captum_where_captum_has_rules(
    first: Any, second: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Captum's rule for one-variable functions, told that GELU is one.
    monkeypatch.setitem(deep_lift.SUPPORTED_NON_LINEAR, nn.GELU, deep_lift.nonlinear)
    torch.manual_seed(1)
    subject = hand_made(TokenMLP(first(), second()))
    for baseline in ("mean", "zero"):
        ours = gp.explain(subject, TEXT, method="deeplift", target="LABEL_1", baseline=baseline)
        ids = ids_of(ours)
        theirs = DeepLift(subject.model.head).attribute(
            embed(subject, ids), start_of(subject, ids, baseline), target=1
        )
        assert relative(ours.scores[0], theirs.sum(-1)[0]) <= 1e-6


def answers(subject: Any, embeddings: Tensor, ids: Tensor, said: int = 1) -> Tensor:
    """Logits [position, vocabulary or class] that score ``said`` tokens, by calling the model plainly."""
    with torch.no_grad():
        if subject.family == "encoder_decoder":
            asked, read = embeddings[:, :-said], embeddings[:, -said:]
            return subject.model(inputs_embeds=asked, decoder_inputs_embeds=read).logits[0]
        logits = subject.model(inputs_embeds=embeddings, attention_mask=torch.ones_like(ids)).logits
    if logits.ndim == 2:
        return logits
    if subject.family == "masked_lm":
        return logits[:, int((ids[0] == subject.tokenizer.mask_token_id).nonzero()[0])]
    return logits[0, -said:]


def gap(subject: Any, ours: gp.Explanation, baseline: str, score: Callable[[Tensor], Tensor]) -> float:
    """Of scores from adding up to the change of ``score`` (logits → [target]), by the change; the worst."""
    ids, said = ids_of(ours), len(ours.target.ids)
    there, here = (
        score(answers(subject, embeddings, ids, said))
        for embeddings in (start_of(subject, ids, baseline), embed(subject, ids))
    )
    change = (here - there).numpy()
    return float((np.abs(ours.scores.sum(1) - change) / np.abs(change)).max())


@pytest.mark.parametrize("double", [True, False], ids=["fp64", "fp32"])
@pytest.mark.parametrize("family", [*FAMILIES, "gpt2_classifier"])
@pytest.mark.parametrize("baseline", ["mean", "zero"])
def test_scores_add_up_to_the_change_from_the_baseline(family: str, double: bool, baseline: str) -> None:
    """Completeness, the axiom; the zero baseline is where RMSNorm is hardest."""
    subject = subject_of(family, double)
    allowed = 1e-9 if double and family not in FLOAT32_INSIDE else 1e-4
    # (DistilBERT's class 0 is worth the same at the mean as at the prompt, to three digits.)
    one, other = (1, 0) if subject.family == "sequence_classifier" else (17, 42)
    scores: list[tuple[dict[str, Any], Callable[[Tensor], Tensor]]] = [
        ({"target": one}, lambda logits: logits[:, one]),
        ({"target": one, "score": "log_prob"}, lambda logits: logits.log_softmax(-1)[:, one]),
        ({"target": one, "score": "prob"}, lambda logits: logits.softmax(-1)[:, one]),
        ({"target": (one, other)}, lambda logits: logits[:, one] - logits[:, other]),
    ]
    for asked, score in scores:
        ours = gp.explain(subject, text_for(family), method="deeplift", baseline=baseline, **asked)
        assert gap(subject, ours, baseline, score) <= allowed, asked
        assert ours.checks.completeness_gap <= allowed
        assert not any("account for" in warning for warning in ours.warnings)


@pytest.mark.parametrize("double", [True, False], ids=["fp64", "fp32"])
@pytest.mark.parametrize("family", [*CAUSAL, "t5"])
def test_every_token_of_a_completion_adds_up_by_itself(family: str, double: bool) -> None:
    subject = subject_of(family, double)
    ours = gp.explain(
        subject, TEXT, completion=" a bottle to Mary", each=True, method="deeplift", baseline="mean"
    )
    target = torch.tensor(ours.target.ids)
    assert len(target) == len(ours.scores) > 2
    allowed = 1e-9 if double and family not in FLOAT32_INSIDE else 1e-4
    assert gap(subject, ours, "mean", lambda logits: logits.gather(1, target[:, None])[:, 0]) <= allowed


def test_of_a_linear_model_it_is_weight_times_difference() -> None:
    torch.manual_seed(2)
    weight = torch.randn(8, 2).double()
    subject = hand_made(lambda embeddings: embeddings.sum(1) @ weight)
    ours = gp.explain(subject, TEXT, method="deeplift", target="LABEL_1", baseline="mean")
    ids = ids_of(ours)
    wanted = (embed(subject, ids) - start_of(subject, ids, "mean")) @ weight[:, 1]
    np.testing.assert_allclose(ours.scores[0], wanted[0].numpy(), rtol=1e-9, atol=1e-12)


def test_a_product_of_two_tokens_is_shared_by_their_shapley_values() -> None:
    """Brute force over the four coalitions of f = tanh(w · e₀) · sigmoid(v · e₁)."""
    torch.manual_seed(3)
    w, v = torch.randn(2, 8).double()

    def head(embeddings: Tensor) -> Tensor:
        product = torch.tanh(embeddings[:, 0] @ w) * torch.sigmoid(embeddings[:, 1] @ v)
        return torch.stack([product, -product], dim=1)

    subject = hand_made(head)
    ours = gp.explain(subject, " Mary store", method="deeplift", target="LABEL_0", baseline="mean")
    ids = ids_of(ours)
    here, there = embed(subject, ids), start_of(subject, ids, "mean")

    def worth(present: set[int]) -> float:
        return float(head(torch.stack([(here if i in present else there)[:, i] for i in range(2)], 1))[0, 0])

    orders = list(itertools.permutations(range(2)))
    shapley = [
        sum(worth({*order[: order.index(i)], i}) - worth({*order[: order.index(i)]}) for order in orders) / 2
        for i in range(2)
    ]
    np.testing.assert_allclose(ours.scores[0][:2], shapley, rtol=1e-9)


def test_softmax_by_hand() -> None:
    """Logits (ln 3, 0) + (0, ln 2) against (0, 0): p goes from ½, ½ to ⅗, ⅖.

    The exponentials' slopes are m₁ = (⅗ − ½) / ln(6/5) and m₂ = (⅖ − ½) / ln(4/5); the change of the log
    denominator is their mean of the logits' changes, so that Δp₁ = m₁ (Δx₁ − ΔL) = m₁ m₂ (ln 3 − ln 2) / (m₁ + m₂).
    """
    subject = hand_made(lambda embeddings: embeddings.sum(1), width=2)
    one, other = (subject.tokenizer(text)["input_ids"] for text in (" Mary", " store"))
    assert len(one) == len(other) == 1
    with torch.no_grad():
        weights = subject.model.embed.weight
        weights[one[0]] = torch.tensor([math.log(3), 0.0])
        weights[other[0]] = torch.tensor([0.0, math.log(2)])
    # The logarithms as the model has them, once rounded to float32.
    ln3, ln2 = weights[one[0]][0].item(), weights[other[0]][1].item()
    p = math.exp(ln3) / (math.exp(ln3) + math.exp(ln2))
    m1, m2 = (p - 0.5) / math.log(p / 0.5), (0.5 - p) / math.log((1 - p) / 0.5)
    ours = gp.explain(
        subject, " Mary store", method="deeplift", target="LABEL_0", score="prob", baseline="zero"
    )
    np.testing.assert_allclose(
        ours.scores[0], [m1 * m2 / (m1 + m2) * ln3, -m1 * m2 / (m1 + m2) * ln2], rtol=1e-9
    )
    assert ours.scores[0].sum() == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_token_that_is_its_own_baseline_gets_nothing(family: str) -> None:
    """Sensitivity: the one token that differs from the baseline text brought about the whole change."""
    subject = subject_of(family, double=True)
    ours = gp.explain(
        subject, "When Mary and John went", method="deeplift", baseline="When Mary and Mary went"
    )
    differs = [token.text for token in ours.tokens].index(" John")
    assert np.count_nonzero(ours.scores) == 1
    assert ours.scores[0][differs] == pytest.approx(ours.target.value - ours.checks.baseline_value, rel=1e-6)


@pytest.mark.parametrize("family", ["gpt2", "distilbert", "bert_masked"])
def test_near_the_prompt_it_is_gradient_times_difference(family: str) -> None:
    """The limit of finite differences, where their slopes are closest to rounding noise."""
    subject = subject_of(family, double=True)
    replaced = subject.tokenizer.mask_token_id if family == "bert_masked" else subject.tokenizer.pad_token_id
    ids = ids_of(gp.explain(subject, text_for(family), method="saliency"))
    with torch.no_grad():
        table = subject.model.get_input_embeddings().weight
        table += (table[replaced] - table) * (1 - 1e-6)
    ours = gp.explain(subject, text_for(family), method="deeplift", baseline="mean")
    embeddings = embed(subject, ids).requires_grad_()
    mask = torch.ones_like(ids)
    logits = subject.model(inputs_embeds=embeddings, attention_mask=mask).logits
    if logits.ndim == 3:
        place = int((ids[0] == replaced).nonzero()[0]) if family == "bert_masked" else -1
        logits = logits[:, place]
    (gradient,) = torch.autograd.grad(logits[0, ours.target.ids[0]], embeddings)
    difference = embeddings.detach() - start_of(subject, ids, "mean")
    # Both differ by the second derivative times a difference of a millionth.
    assert relative(ours.scores[0], (difference * gradient).sum(-1)[0]) <= 1e-4


def test_how_a_function_of_one_variable_is_written_changes_nothing() -> None:
    """GPT-2's GELU by powers, tanh and products, and torch's own: one slope, Δoutput / Δinput."""
    scores = []
    for activation in ("gelu_new", "gelu_pytorch_tanh"):
        torch.manual_seed(0)
        config = GPT2Config(
            vocab_size=600, n_layer=2, n_head=4, n_embd=32, initializer_range=0.25,
            activation_function=activation, bos_token_id=0, eos_token_id=0,
        )  # fmt: skip
        model = GPT2LMHeadModel(config).double().eval()
        scores.append(
            gp.explain(model, tokenizer("byte_level"), TEXT, method="deeplift", baseline="mean").scores
        )
    assert relative(*scores) <= 1e-9


def multipliers(f: Callable[[Tensor], Tensor], x: Tensor, x_ref: Tensor) -> tuple[Tensor, Tensor]:
    """m [like x] and how far Σ m Δx is from the change of f, by the size of what is added up."""
    rules = RescaleRules()
    before = rules.at_reference(f, x_ref)
    leaf, value = rules.at_prompt(f, x)
    (found,) = torch.autograd.grad(value, leaf)
    assert not rules.without_rule
    shares = found * (x - x_ref)
    return found, (shares.sum() - (value.detach() - before)).abs() / shares.abs().sum()


POSITIVE = ["log", "log1p", "sqrt", "rsqrt", "reciprocal"]
ONE_VARIABLE: dict[str, Callable[[Tensor], Tensor]] = {
    **{
        name: getattr(torch, name)
        for name in [*POSITIVE, "exp", "tanh", "erf", "sigmoid", "abs", "sin", "square"]
    },
    **{
        name: getattr(functional, name)
        for name in ("gelu", "silu", "relu", "elu", "leaky_relu", "softplus", "logsigmoid", "mish", "relu6")
    },
    "clamp": lambda x: x.clamp(-1, 1),
    "x³": lambda x: x**3,
    "x⁵": lambda x: x**5,
    "2ˣ": lambda x: 2**x,
    "3 / x": lambda x: 3 / x,
}


@pytest.mark.parametrize("name", ONE_VARIABLE)
def test_functions_of_one_variable_have_the_slope_as_multiplier(name: str) -> None:
    """By definition; where both points are one, the derivative."""
    f = ONE_VARIABLE[name]
    torch.manual_seed(4)
    x, x_ref = torch.randn(2, 200).double()
    if name in POSITIVE:
        x, x_ref = x.abs() + 0.1, x_ref.abs() + 0.1
    x_ref[:20] = x[:20]
    x_ref[20:40] = x[20:40] + 1e-9 * torch.randn(20).double()
    found, missing = multipliers(lambda point: f(point).sum(), x, x_ref)
    assert missing <= 1e-12
    slopes = (f(x) - f(x_ref)) / (x - x_ref)
    torch.testing.assert_close(found[40:], slopes[40:], rtol=1e-9, atol=1e-12)
    leaf = x.clone().requires_grad_()
    (derivative,) = torch.autograd.grad(f(leaf).sum(), leaf)
    torch.testing.assert_close(found[:40], derivative[:40], rtol=1e-6, atol=1e-7)


def _in_place(x: Tensor) -> Tensor:
    y = x * x.sigmoid()
    y *= x.tanh()
    y[:, 0] = x[:, 1] * x[:, 2]
    y /= x.exp()
    y **= 2
    functional.leaky_relu_(y, 0.3)
    return y


SEVERAL: dict[str, Callable[[Tensor], Tensor]] = {
    "matmul": lambda x: x @ x.T,
    "einsum": lambda x: torch.einsum("ij,kj->ik", x, x.tanh()),
    "baddbmm": lambda x: torch.baddbmm(x[None], x[None], x[None].mT @ x[None].tanh()),
    "addcmul": lambda x: torch.addcmul(x, x.sin(), x.cos()),
    "lerp": lambda x: torch.lerp(x, x.tanh(), x.sigmoid()),
    "quotient": lambda x: x.tanh() / (1 + x * x),
    "quotient of changing sign": lambda x: x.tanh() / (x - 0.01),
    "softmax": lambda x: x.softmax(-1) * torch.arange(5),
    "log_softmax": lambda x: functional.log_softmax(x, -1) * torch.arange(5),
    "masked softmax": lambda x: x.masked_fill(torch.eye(5) > 0, -math.inf).softmax(-1) * x,
    "logsumexp": lambda x: x.logsumexp(1),
    "softmax of large numbers": lambda x: (x * 1000).softmax(-1) * torch.arange(5),
    "layer norm": lambda x: functional.layer_norm(x, (5,), torch.arange(5.0).double()),
    "RMS norm": lambda x: functional.rms_norm(x, (5,), torch.arange(5.0).double(), 1e-6),
    "RMS norm by hand": lambda x: (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)) ** 3,
    "standardised": lambda x: (x - x.mean(-1, keepdim=True)) / x.std(-1, True, keepdim=True) * torch.arange(5),
    "variance": lambda x: x.var(dim=(0, 1)),
    "GLU": lambda x: functional.glu(x[:, :4]),
    "causal attention": lambda x: functional.scaled_dot_product_attention(
        x[None], x[None].tanh(), x[None].sin(), is_causal=True
    ),
    "in place": _in_place,
}  # fmt: skip


@pytest.mark.parametrize("name", SEVERAL)
def test_functions_of_several_variables_pass_on_exactly_their_difference(name: str) -> None:
    """Completeness of each rule by itself."""
    torch.manual_seed(5)
    x, x_ref = torch.randn(2, 5, 5).double()
    found, missing = multipliers(lambda point: SEVERAL[name](point).sum(), x, x_ref)
    assert missing <= 1e-12
    assert float(found.abs().sum()) > 0


def test_multipliers_of_softmax_are_at_most_one_and_know_no_shift() -> None:
    """A softmax that jumps from one place to another, with denominators e³⁰⁰ apart."""
    torch.manual_seed(7)
    x, x_ref = 100 * torch.randn(2, 6).double()

    def jacobian(x: Tensor) -> Tensor:
        return torch.stack(
            [multipliers(lambda point, i=i: point.softmax(0)[i], x, x_ref)[0] for i in range(6)]
        )

    found = jacobian(x)
    assert 1e-3 < float(found.abs().max()) <= 1
    torch.testing.assert_close(found.sum(1), torch.zeros(6).double(), rtol=0, atol=1e-12)
    torch.testing.assert_close(jacobian(x + 300), found, rtol=1e-9, atol=1e-12)


def test_fused_attention_is_shared_as_the_same_written_out() -> None:
    torch.manual_seed(6)
    x, x_ref = torch.randn(2, 6, 4).double()
    seen = torch.ones(6, 6).tril().bool()

    def fused(x: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(x, x.tanh(), x.sin(), attn_mask=seen).square().sum()

    def written_out(x: Tensor) -> Tensor:
        weights = (x @ x.tanh().T / 2).masked_fill(~seen, -math.inf).softmax(-1)
        return (weights @ x.sin()).square().sum()

    fused_found, written_found = (multipliers(f, x, x_ref)[0] for f in (fused, written_out))
    torch.testing.assert_close(fused_found, written_found, rtol=1e-9, atol=1e-12)


def test_half_precision_is_explained_as_its_weights_in_single() -> None:
    """bf16 scores are those of a float32 copy of the rounded weights."""
    for family in ("gpt2", "qwen3", "bert"):
        half = subject_of(family)
        half.model.bfloat16()
        single = gp.subject(copy.deepcopy(half.model).float(), half.tokenizer)
        of_half, of_single = (
            gp.explain(one, TEXT, method="deeplift", target=1, baseline="pad") for one in (half, single)
        )
        assert half.model.get_input_embeddings().weight.dtype == torch.bfloat16
        assert relative(of_half.scores, of_single.scores) <= 1e-5
        # What the model itself answers is rounded to 8 bits at every step: the gap says so.
        assert of_single.checks.completeness_gap <= 1e-4
        assert 1e-4 < of_half.checks.completeness_gap < 0.05


def test_a_decoder_classifier_without_a_pad_token_gives_the_scores_of_one_with_it() -> None:
    """It refuses two rows at once, so none may be asked for."""
    padded, bare = make_model("gpt2_classifier"), make_model("gpt2_classifier")
    bare.config.pad_token_id = None
    scores = [
        gp.explain(model, tokenizer("byte_level"), TEXT, method="deeplift").scores for model in (bare, padded)
    ]
    assert relative(*scores) <= 1e-5


def test_what_has_no_rule_is_named_beside_the_gap() -> None:
    """Planted: only the largest activations go on, and which those are hangs on the prompt."""

    def head(embeddings: Tensor) -> Tensor:
        return embeddings.sin().topk(2).values.sum(1) ** 2

    ours = gp.explain(hand_made(head), TEXT, method="deeplift", target="LABEL_0", baseline="mean")
    change = ours.target.value - ours.checks.baseline_value
    assert abs(ours.scores.sum() - change) / abs(change) == pytest.approx(ours.checks.completeness_gap)
    assert ours.checks.completeness_gap > 0.01
    assert any("no rule for topk" in warning for warning in ours.warnings)


def test_a_branch_that_the_baseline_does_not_take_is_refused() -> None:
    def head(embeddings: Tensor) -> Tensor:
        summed = embeddings.sum(1)
        return torch.tanh(summed)[:, :2] if bool(summed.any()) else summed[:, :2]

    with pytest.raises(GlasspaneError, match="different ways") as caught:
        gp.explain(hand_made(head), TEXT, method="deeplift", baseline="zero")
    assert caught.value.code == "unsupported_model"
    assert "integrated gradients" in caught.value.result.next_step
