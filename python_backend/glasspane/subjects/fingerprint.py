"""Are these the weights that were explained? A digest that changes when the model's answers may."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor, nn

SAMPLED_ABOVE = 16_000_000
"""Models with more elements than this are fingerprinted from a sample of each tensor."""

_ADAPTER_SWITCHES = ("active_adapter", "_active_adapter", "_disable_adapters", "merged_adapters", "scaling")
"""What PEFT keeps on its layers: weights that lie there unused answer nothing."""


def weights_fingerprint(model: nn.Module) -> str:
    """Hex digest that changes when a parameter or buffer does, or which adapters are on.

    Up to 16 million elements every element counts; beyond that each tensor is read at
    4,096 spread positions beside its in-place version counter, so an edit made through
    ``.data`` to single elements of a very large model can go unseen.
    """
    tensors = dict(model.named_parameters(remove_duplicate=True)) | dict(model.named_buffers())
    sampled = sum(t.numel() for t in tensors.values()) > SAMPLED_ABOVE
    digest = hashlib.blake2b(digest_size=12)
    with torch.no_grad():
        for name, tensor in tensors.items():
            digest.update(f"{name}:{tuple(tensor.shape)}:{tensor.dtype}:{tensor.device}".encode())
            if tensor.device.type == "meta" or tensor.numel() == 0:
                continue
            flat = tensor.detach().reshape(-1)
            if sampled:
                # A tensor made under inference_mode counts no versions.
                version = "" if tensor.is_inference() else tensor._version
                digest.update(f"@{tensor.data_ptr()}v{version}".encode())
                flat = flat[:: max(1, flat.numel() // 4096)]
            digest.update(_bytes_of(flat))
    for module in model.modules():
        state = vars(module)
        for switch in _ADAPTER_SWITCHES:
            if switch in state:
                setting = state[switch]  # one adapter is sometimes a name, sometimes a list of one
                digest.update(f"{switch}={[setting] if isinstance(setting, str) else setting!r}".encode())
    return digest.hexdigest()


def _bytes_of(flat: Tensor) -> bytes:
    on_cpu = flat.contiguous().cpu()
    if on_cpu.dtype == torch.bool:
        on_cpu = on_cpu.to(torch.uint8)
    return on_cpu.view(torch.uint8).numpy().tobytes()
