"""The contrastive module: L_CL = CE(S, diagonal) + CE(Sᵀ, diagonal), S = cos(z_i, z'_j) / τ."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from coun_gui.unlearning.contrastive import contrastive_loss


def by_loops(first: Tensor, second: Tensor, temperature: float) -> float:
    """The loss of the paper's section 3.2, one pair at a time in Python's floats."""
    z, w = first.double().tolist(), second.double().tolist()
    count = len(z)

    def cosine(a: list[float], b: list[float]) -> float:
        return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))

    total = 0.0
    for i in range(count):
        rows = sum(math.exp(cosine(z[i], w[j]) / temperature) for j in range(count))
        columns = sum(math.exp(cosine(z[j], w[i]) / temperature) for j in range(count))
        positive = cosine(z[i], w[i]) / temperature
        total += math.log(rows) - positive + math.log(columns) - positive
    return total / count


def views(count: int, dimensions: int = 16, seed: int = 0) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    first = torch.randn(count, dimensions, generator=random, dtype=torch.float64)
    return first, first + 0.3 * torch.randn(count, dimensions, generator=random, dtype=torch.float64)


@pytest.mark.parametrize("temperature", [0.05, 0.1, 0.5, 2.0])
@pytest.mark.parametrize("count", [2, 7, 40])
def test_it_is_the_sum_over_pairs_of_the_paper(count: int, temperature: float) -> None:
    first, second = views(count)
    loss = contrastive_loss(first, second, temperature)
    assert float(loss) == pytest.approx(by_loops(first, second, temperature), abs=1e-9)
    single = contrastive_loss(first.float(), second.float(), temperature)
    assert float(single) == pytest.approx(float(loss), rel=1e-5, abs=1e-6)


def test_two_orthogonal_samples_by_hand() -> None:
    eye = torch.eye(2, dtype=torch.float64)
    # S = [[1, 0], [0, 1]] / τ. Each row and each column costs log(e^(1/τ) + 1) − 1/τ, and both count.
    for temperature in (0.1, 1.0):
        wanted = 2 * math.log(1 + math.exp(-1 / temperature))
        assert float(contrastive_loss(eye, eye, temperature)) == pytest.approx(wanted, abs=1e-12)


def test_it_is_not_nt_xent() -> None:
    eye = torch.eye(2, dtype=torch.float64)
    # NT-Xent on z1, z2, z1', z2' has three terms in each denominator: e^(1/τ) + e^0 + e^0.
    nt_xent = math.log(math.exp(1) + 2) - 1
    assert abs(float(contrastive_loss(eye, eye, 1.0)) - nt_xent) > 0.05
    assert abs(float(contrastive_loss(eye, eye, 1.0)) - 2 * nt_xent) > 0.05


def test_negatives_are_cross_view_only() -> None:
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    second = torch.tensor([[1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    # S = [[1, 1], [0, 0]] at τ = 1: rows cost log 2 each; columns log(1 + e) − 1 and log(1 + e).
    wanted = math.log(2) + math.log(1 + math.e) - 0.5
    assert float(contrastive_loss(first, second, 1.0)) == pytest.approx(wanted, abs=1e-12)


def test_the_views_can_be_exchanged() -> None:
    first, second = views(9)
    there, back = contrastive_loss(first, second, 0.1), contrastive_loss(second, first, 0.1)
    assert float(there) == pytest.approx(float(back), abs=1e-12)


def test_the_length_of_a_feature_vector_does_not_matter() -> None:
    first, second = views(6)
    lengths = torch.linspace(0.1, 50, 6, dtype=torch.float64)[:, None]
    scaled = contrastive_loss(first * lengths, second / lengths, 0.1)
    assert float(scaled) == pytest.approx(float(contrastive_loss(first, second, 0.1)), abs=1e-9)


def test_gradients_flow_through_both_views() -> None:
    first, second = (view.requires_grad_() for view in views(4, dimensions=3))
    assert torch.autograd.gradcheck(lambda z, w: contrastive_loss(z, w, 0.5), (first, second))
    contrastive_loss(first, second, 0.1).backward()
    assert first.grad is not None
    assert second.grad is not None
    assert first.grad.abs().sum() > 0
    assert second.grad.abs().sum() > 0


def test_a_vector_of_zeros_gives_a_finite_loss_and_gradient() -> None:
    first, second = (view.float() for view in views(4))
    first[0] = 0
    first.requires_grad_()
    loss = contrastive_loss(first, second, 0.1)
    loss.backward()
    assert math.isfinite(float(loss.detach()))
    assert first.grad is not None
    assert first.grad.isfinite().all()
