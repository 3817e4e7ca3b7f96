"""A Vision Transformer for small images: patches of 4 × 4 pixels, a class token and learned positions."""

from __future__ import annotations

from math import gcd

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import flop_registry

from coun_gui.errors import InvalidSpec
from coun_gui.unlearning.models import Classifier, architectures
from coun_gui.unlearning.parameters import Parameters

# Before 2.15, torch counts attention on GPUs alone.
for ending in ("", "_backward"):
    flop_registry.setdefault(
        getattr(torch.ops.aten, f"_scaled_dot_product_flash_attention_for_cpu{ending}"),
        flop_registry[getattr(torch.ops.aten, f"_scaled_dot_product_flash_attention{ending}")],
    )


class VitParams(Parameters):
    patch: int = Field(
        4,
        ge=1,
        le=64,
        title="Patch",
        description="Side of a patch in pixels; it must divide the image's sides.",
    )
    width: int = Field(
        512, ge=8, le=4096, title="Width", description="Length of a token, and of the features z."
    )
    depth: int = Field(6, ge=1, le=48, title="Depth", description="Blocks of attention and MLP.")
    heads: int = Field(12, ge=1, le=64, title="Heads", description="Of attention, in each block.")
    head_width: int = Field(
        64, ge=1, le=512, title="Head width", description="Length of a head's queries, keys and values."
    )
    mlp: int = Field(1024, ge=8, le=16_384, title="MLP width", description="Hidden units in each block.")
    dropout: float = Field(
        0.1, ge=0, lt=1, title="Dropout", description="Share of activations left out in training."
    )


class Block(nn.Module):
    """Attention and an MLP, each normalised before and added to what came in."""

    def __init__(self, params: VitParams) -> None:
        super().__init__()
        inner = params.heads * params.head_width
        self.heads = params.heads
        self.dropout = params.dropout
        self.attention_norm = nn.LayerNorm(params.width)
        self.queries_keys_values = nn.Linear(params.width, 3 * inner, bias=False)
        self.attention_output = nn.Linear(inner, params.width)
        self.mlp_norm = nn.LayerNorm(params.width)
        self.mlp_input = nn.Linear(params.width, params.mlp)
        self.mlp_output = nn.Linear(params.mlp, params.width)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self._dropped(self._attention(self.attention_norm(tokens)))
        hidden = self._dropped(F.gelu(self.mlp_input(self.mlp_norm(tokens))))
        return tokens + self._dropped(self.mlp_output(hidden))

    def _attention(self, tokens: Tensor) -> Tensor:
        """Between the tokens [B, T, D] of each image. The FLOP counter knows every form that torch gives it."""
        parts = self.queries_keys_values(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts.unbind(0)
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout)
        out: Tensor = self.attention_output(mixed.transpose(1, 2).flatten(2))
        return out

    def _dropped(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


@architectures.add
class ViT(Classifier):
    """z is the class token of the last block, normalised."""

    name = "vit"
    title = "ViT"
    help = "A Vision Transformer: by default 15.8 million parameters, 2.13 GFLOP an image of 32 px."
    citation = "Dosovitskiy et al. (2021), An Image Is Worth 16×16 Words, ICLR"
    Params = VitParams

    def __init__(self, shape: tuple[int, int, int], classes: int, params: BaseModel) -> None:
        super().__init__(shape, classes, params)
        assert isinstance(params, VitParams)
        height, width, channels = shape
        patch = params.patch
        if height % patch or width % patch:
            raise _untiled(patch, height, width)
        tokens = (height // patch) * (width // patch)
        self.dropout = params.dropout
        self.patches = nn.Conv2d(channels, params.width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.empty(params.width))
        self.positions = nn.Parameter(torch.empty(1 + tokens, params.width))
        self.blocks = nn.ModuleList(Block(params) for _ in range(params.depth))
        self.norm = nn.LayerNorm(params.width)
        self.classifier = nn.Linear(params.width, classes)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Tokens start as large as patches are: from the customary 0.02, plain SGD hardly gets away."""
        nn.init.normal_(self.class_token)
        nn.init.normal_(self.positions)

    def layers_to_negate(self) -> list[nn.Module]:
        """Layers 0 and 4, as the CoUn paper has it, counting convolutions and linear layers in forward order.

        0 projects the patches; 1 to 4 are the first block's queries, keys and values, its attention output, and the
        two layers of its MLP.
        """
        first = self.blocks[0]
        assert isinstance(first, Block)
        return [self.patches, first.mlp_output]

    def features(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(len(images), 1, -1), patches], 1) + self.positions
        tokens = F.dropout(tokens, self.dropout, self.training)
        for block in self.blocks:
            tokens = block(tokens)
        features: Tensor = self.norm(tokens[:, 0])
        return features

    def head(self, features: Tensor) -> Tensor:
        logits: Tensor = self.classifier(features)
        return logits


def _untiled(patch: int, height: int, width: int) -> InvalidSpec:
    common = gcd(height, width)
    fitting = [str(side) for side in range(1, min(common, 64) + 1) if common % side == 0]
    return InvalidSpec(
        f"Patches of {patch} × {patch} pixels don't tile images of {height} × {width}.",
        f"Possible: {', '.join(fitting)}.",
        "model.patch",
    )
