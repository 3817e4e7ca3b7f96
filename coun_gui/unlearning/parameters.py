"""Parameters with title, help, bounds and default, from which come the form, the validation, the tooltips and the docs.

No torch here: the experiment file is read, and its forms are made, without it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

TRIED = "tried"


def tried(*values: float) -> dict[str, Any]:
    """Of a field: the values that a search tries, within the paper's range."""
    return {TRIED: list(values)}


class Parameters(BaseModel):
    """Frozen; a key that isn't declared is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingSpec(Parameters):
    """SGD and its schedule. The defaults are the paper's recipe for Original and Retrain."""

    epochs: int = Field(182, ge=1, le=10_000, title="Epochs")
    lr: float = Field(0.1, gt=0, le=1000, title="Learning rate")
    batch_size: int = Field(256, ge=2, le=65_536, title="Batch size")
    momentum: float = Field(0.9, ge=0, lt=1, title="Momentum")
    weight_decay: float = Field(5e-4, ge=0, le=1, title="Weight decay")
    schedule: Literal["step", "cosine", "constant"] = Field(
        "step",
        title="Schedule",
        description="step: ×0.1 at 50 % and 75 % of the epochs; cosine: down to min_lr.",
    )
    min_lr: float = Field(1e-4, ge=0, title="Final learning rate", description="Where the cosine ends.")
    warmup_epochs: int = Field(0, ge=0, title="Warm-up epochs", description="Linear rise from zero.")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        title="Precision",
        description="auto: bf16 for the passes through the network where the device is faster with it.",
    )


class UnlearningSpec(TrainingSpec):
    """The defaults of every unlearning method: 50 epochs from θ_o, cosine decay to 1e-4."""

    epochs: int = Field(50, ge=1, le=10_000, title="Epochs")
    lr: float = Field(
        0.01, gt=0, le=1000, title="Learning rate", json_schema_extra=tried(0.01, 0.02, 0.05, 0.1)
    )
    schedule: Literal["step", "cosine", "constant"] = Field(
        "cosine",
        title="Schedule",
        description="cosine: down to min_lr; step: ×0.1 at 50 % and 75 % of the epochs.",
    )


class ContrastiveSpec(Parameters):
    """The contrastive module: L = L_method + weight · L_CL at this temperature."""

    weight: float = Field(
        1.0,
        gt=0,
        le=100,
        title="Weight λ",
        description="Paper's range: 0.1 to 6.",
        json_schema_extra=tried(0.1, 0.3, 1, 3, 6),
    )
    temperature: float = Field(
        0.1,
        gt=0,
        le=10,
        title="Temperature τ",
        description="Paper's range: up to 0.3.",
        json_schema_extra=tried(0.05, 0.1, 0.2),
    )
