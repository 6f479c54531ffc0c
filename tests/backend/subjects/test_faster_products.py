"""oneDNN's products against float64 and against the layers' own gradients; the model is left as it was found."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode
from transformers.pytorch_utils import Conv1D

from glasspane.subjects import faster_products

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this torch was built without oneDNN"
)


@pytest.fixture(autouse=True)
def taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine's trial says, and however small the product."""
    monkeypatch.setattr(faster_products, "onednn_is_faster", lambda: True)
    monkeypatch.setattr(faster_products, "WORTH_IT", 0)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each product by oneDNN had."""
    seen: list[int] = []
    product = faster_products._by_onednn

    def counted(given: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        seen.append(given.numel() // given.shape[-1])
        return product(given, weight, bias)

    monkeypatch.setattr(faster_products, "_by_onednn", counted)
    return seen


class Model(nn.Module):
    """A layer of each kind, one without bias, and one whose result nobody may change."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.linear, self.bare = nn.Linear(48, 80), nn.Linear(80, 32, bias=False)
        self.columns = Conv1D(24, 32)

    def forward(self, given: Tensor) -> Tensor:
        result: Tensor = self.columns(torch.tanh(self.bare(torch.tanh(self.linear(given)))))
        return result


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found.double() - expected.double()).norm() / expected.double().norm())


def test_values_are_the_products(calls: list[int]) -> None:
    model, given = Model(), torch.randn(3, 7, 48)
    with torch.no_grad():
        expected = Model().double()(given.double())
        with faster_products.faster_products(model):
            found = model(given)
    assert calls == [21, 21, 21]
    assert relative(found, expected) <= 1e-6


def test_gradients_of_what_is_given_are_the_layers_own_and_so_are_theirs(calls: list[int]) -> None:
    model, given = Model(), torch.randn(5, 48, requires_grad=True)
    direction = torch.randn(48)

    def twice(model: nn.Module, given: Tensor) -> tuple[Tensor, Tensor]:
        (slope,) = torch.autograd.grad(model(given).pow(2).sum(), given, create_graph=True)
        (second,) = torch.autograd.grad((slope @ direction.to(slope)).sum(), given)
        return slope.detach(), second

    expected = twice(Model().double(), given.detach().double().requires_grad_())
    with faster_products.faster_products(model):
        found = twice(model, given)
    assert len(calls) > 6
    for ours, theirs in zip(found, expected, strict=True):
        assert relative(ours, theirs) <= 1e-5
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())


def test_who_trains_in_another_thread_gets_gradients_of_the_weights(calls: list[int]) -> None:
    model, given = Model(), torch.randn(5, 48)

    def train() -> None:
        model(given).sum().backward()

    with faster_products.faster_products(model):
        other = threading.Thread(target=train)
        other.start()
        other.join()
    expected = Model()
    expected(given).sum().backward()
    assert calls == []
    for ours, theirs in zip(model.parameters(), expected.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert torch.equal(ours.grad, theirs.grad)


def test_what_hangs_on_the_weights_alone_keeps_its_gradient(calls: list[int]) -> None:
    model = Model()
    with faster_products.faster_products(model):
        assert model(torch.randn(5, 48)).requires_grad
    assert calls == [5, 5]  # the first layer's result requires gradients, so the others' do


def test_who_watches_torchs_functions_sees_the_layers_own(calls: list[int]) -> None:
    seen: list[str] = []

    class Names(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
        ) -> Any:
            seen.append(getattr(func, "__name__", ""))
            return func(*args, **(kwargs or {}))

    model = Model()
    with faster_products.faster_products(model), Names(), torch.no_grad():
        model(torch.randn(5, 48))
    assert calls == []
    assert {"linear", "addmm"} <= set(seen)


class Doubled(nn.Linear):
    def forward(self, given: Tensor) -> Tensor:
        return 2 * super().forward(given)


def test_what_is_no_plain_layer_or_not_a_plain_product_is_computed_as_written(calls: list[int]) -> None:
    replaced = nn.Linear(48, 48)
    replaced.forward = lambda given: given + 1  # type: ignore[method-assign]
    hooked = nn.Linear(48, 48)
    hooked.register_forward_hook(lambda _module, _given, made: made * 0)
    model = nn.ModuleList([Doubled(48, 48), replaced, nn.Linear(48, 48).double(), hooked])
    given = torch.randn(5, 48)
    expected = [layer(given.to(next(layer.parameters()).dtype)) for layer in model]
    with torch.no_grad(), faster_products.faster_products(model):
        found = [layer(given.to(next(layer.parameters()).dtype)) for layer in model]
        assert [faster_products.forward_replaced(layer) for layer in model] == [False, True, False, False]
    assert calls == [5]  # the hooked layer's product; its hook then has the last word
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(found, expected, strict=True))


def test_a_wrong_width_fails_as_it_always_does(calls: list[int]) -> None:
    layer = nn.Linear(48, 80)
    with pytest.raises(RuntimeError) as expected:
        layer(torch.randn(5, 47))
    with faster_products.faster_products(layer), pytest.raises(RuntimeError) as found:
        layer(torch.randn(5, 47))
    assert str(found.value) == str(expected.value)
    assert calls == []


@pytest.mark.parametrize("rows", [0, 1])
def test_no_rows_and_one_row(rows: int, calls: list[int]) -> None:
    layer, given = nn.Linear(48, 80), torch.randn(rows, 48)
    with torch.no_grad():
        expected = layer(given)
        with faster_products.faster_products(layer):
            found = layer(given)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-6)


def test_layers_are_as_they_were_after_success_and_error() -> None:
    model = Model()
    with faster_products.faster_products(model):
        assert all("forward" in vars(layer) for layer in model.children())
    with pytest.raises(KeyError), faster_products.faster_products(model):
        raise KeyError
    assert not any("forward" in vars(layer) for layer in model.children())


@pytest.mark.filterwarnings("ignore:TF32")
def test_where_torchs_own_switch_is_off_nothing_goes_through_onednn(calls: list[int]) -> None:
    model = Model()
    with torch.backends.mkldnn.flags(enabled=False), faster_products.faster_products(model), torch.no_grad():
        model(torch.randn(5, 48))
    assert calls == []


def with_bias(bias: Tensor) -> nn.Linear:
    torch.manual_seed(5)
    layer = nn.Linear(32, 48)
    layer.bias = nn.Parameter(bias, requires_grad=False)
    return layer


@pytest.mark.parametrize(
    "bias",
    [torch.arange(96.0)[::2], torch.tensor([2.0]).expand(48), torch.tensor(2.0), torch.arange(48.0)[None]],
    ids=["every other number", "expanded", "one number", "a row"],
)
def test_a_bias_of_any_layout_is_added_as_the_layer_adds_it(bias: Tensor) -> None:
    """oneDNN reads as many numbers as there are outputs, one after the other, from wherever the bias begins."""
    layer, given = with_bias(bias), torch.randn(5, 32)
    expected = layer(given)
    with torch.no_grad(), faster_products.faster_products(layer):
        found = layer(given)
    assert relative(found, expected) <= 1e-6


def test_a_sparse_weight_and_one_row_of_weights_are_multiplied_as_written() -> None:
    for weight in (torch.randn(48, 32).to_sparse(), torch.randn(32)):
        layer, given = nn.Linear(32, 48, bias=False), torch.randn(5, 32)
        layer.weight = nn.Parameter(weight, requires_grad=False)
        expected = layer(given)
        with torch.no_grad(), faster_products.faster_products(layer):
            assert torch.equal(layer(given), expected)


def test_autocast_has_its_precision(calls: list[int]) -> None:
    layer, given = nn.Linear(32, 48), torch.randn(5, 32)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16), faster_products.faster_products(layer):
        assert layer(given).dtype == torch.bfloat16
    assert calls == []


def test_a_bias_alone_keeps_its_gradient() -> None:
    layer = nn.Linear(32, 48)
    layer.weight.requires_grad_(False)
    with faster_products.faster_products(layer):
        assert layer(torch.randn(5, 32)).requires_grad


def test_forward_differentiation_and_function_transforms_are_the_layers_own() -> None:
    """By the chain rule: the tangent of a linear layer is its weight times the tangent."""
    layer, given, direction = nn.Linear(32, 48), torch.randn(3, 32), torch.randn(3, 32)
    layer.requires_grad_(False)
    expected = direction @ layer.weight.T
    with faster_products.faster_products(layer):
        _, pushed = torch.func.jvp(layer, (given,), (direction,))
        with forward_ad.dual_level(), torch.no_grad():
            alone = forward_ad.unpack_dual(layer(forward_ad.make_dual(given, direction))).tangent
        pulled = torch.func.grad(lambda row: layer(row).sum())(given)
        each = torch.func.vmap(layer)(given)
    assert relative(pushed, expected) <= 1e-6
    assert alone is not None
    assert relative(alone, expected) <= 1e-6
    assert relative(pulled, layer.weight.sum(0).expand(3, 32)) <= 1e-6
    assert relative(each, layer(given)) <= 1e-6


def test_who_counts_or_traces_operations_sees_the_layers_own(calls: list[int]) -> None:
    layer, given = nn.Linear(32, 48), torch.randn(3, 32)
    layer.requires_grad_(False)
    with faster_products.faster_products(layer):
        with FlopCounterMode(display=False) as counted:
            layer(given)
        traced = torch.jit.trace(layer, given, check_trace=False)
    assert counted.get_total_flops() == 2 * 3 * 32 * 48
    assert torch.equal(traced(given), layer(given))
    assert calls == []


def test_copies_and_forwards_taken_away_from_inside_are_plain_afterwards(calls: list[int]) -> None:
    layer, given = nn.Linear(32, 48), torch.randn(3, 32, requires_grad=True)
    with faster_products.faster_products(layer):
        copied, pickled, taken = copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), layer.forward
    for forward in (copied, pickled, taken):
        forward(given).sum().backward()
    assert calls == []
    for trained in (copied, pickled, layer):
        assert trained.weight.grad is not None


def test_a_forward_that_is_replaced_inside_stays_replaced() -> None:
    layer, given = nn.Linear(32, 48), torch.randn(3, 32)
    expected = 2 * layer(given)
    with faster_products.faster_products(layer):
        before = layer.forward
        layer.forward = lambda rows: 2 * before(rows)  # type: ignore[method-assign]
    assert torch.equal(layer(given), expected)
