"""Matrices on their way to a drawing: rounded to codes, and back."""

from __future__ import annotations

import base64
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...protocol import Matrix

_ROWS_AT_ONCE = 256


def quantised(values: Tensor, bits: Literal[8, 16]) -> Matrix:
    """``values`` [row, column], none negative, as codes of ``bits`` bits.

    One step is the largest value divided by 2^bits − 1; each number is off by at most half of it.
    """
    encoding: Literal["uint8", "uint16"] = "uint8" if bits == 8 else "uint16"
    most = 2**bits - 1
    largest = float(values.max()) if values.numel() else 0.0
    step = largest / most if largest > 0 else 1.0
    codes = np.empty(values.shape, dtype=np.dtype(encoding).newbyteorder("<"))
    for start in range(0, len(codes), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        codes[rows] = np.rint(values[rows].cpu().numpy().astype(np.float64) / step).clip(0, most)
    return _matrix(codes, encoding, step)


def exact(values: Tensor) -> Matrix:
    """``values`` [row, column] in float32."""
    return _matrix(values.float().cpu().numpy().astype("<f4"), "float32", 1.0)


def _matrix(
    codes: NDArray[np.generic], encoding: Literal["uint8", "uint16", "float32"], step: float
) -> Matrix:
    data = base64.b64encode(np.ascontiguousarray(codes).data).decode("ascii")
    return Matrix(rows=codes.shape[0], columns=codes.shape[1], encoding=encoding, step=step, data=data)


def numbers(matrix: Matrix) -> NDArray[np.float64]:
    """What a :class:`Matrix` stands for, [row, column]: what every drawer of it does too."""
    codes = np.frombuffer(
        base64.b64decode(matrix.data), dtype=np.dtype(matrix.encoding).newbyteorder("<")
    ).reshape(matrix.rows, matrix.columns)
    return codes.astype(np.float64) * matrix.step
