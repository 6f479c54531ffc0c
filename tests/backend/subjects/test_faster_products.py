"""oneDNN's products against float64 and against the layers' own gradients; the model is left as it was found."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
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
