"""Forces along given pairs of points, in blocks that stay in the processor's cache.

Coordinate by coordinate: on a CPU, adding up scattered numbers is many times faster than adding up scattered pairs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

BLOCK = 2**14  # pairs; on a GPU all are taken at once


def pair_forces(position: Tensor, partner: Tensor, strength: Callable[[Tensor, slice], Tensor]) -> Tensor:
    """What the pairs (i, partner[i, c]) add to the gradient: strength · (y_i − y_j) on i and its opposite on j.

    position: float [N, 2]; partner: int64 [N, m]; strength takes squared distances [n, m] and the rows they belong
    to. float [N, 2].
    """
    count, m = partner.shape
    axes = position.T.contiguous()
    gradient = torch.zeros_like(axes)
    chunk = max(1, (partner.numel() if partner.is_cuda else BLOCK) // max(1, m))
    for start in range(0, count, chunk):
        rows = slice(start, min(start + chunk, count))
        other = partner[rows].flatten()
        apart = [axis[rows, None] - axis.index_select(0, other).view(-1, m) for axis in axes]
        force = strength(apart[0].square() + apart[1].square(), rows)
        for pulled, along in zip(gradient, apart, strict=True):
            along *= force
            pulled[rows] += along.sum(dim=1)
            pulled.scatter_add_(0, other, along.neg_().flatten())
    return gradient.T.contiguous()
