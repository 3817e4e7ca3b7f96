"""ResNet-18 as used on CIFAR: a 3×3 stem with stride 1 and no max-pool."""

from __future__ import annotations

import re
from itertools import pairwise

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from coun_gui.unlearning.images import Augmentation
from coun_gui.unlearning.models import Classifier, architectures
from coun_gui.unlearning.models.convolution import Conv3x3


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (He et al. 2016, figure 2 and option B)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = Conv3x3(inputs, outputs, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = Conv3x3(outputs, outputs)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out)) + self.shortcut(x)
        activated: Tensor = self.relu(out)
        return activated


STAGE = re.compile(
    r"^layer([1-4])\.([01])\."
)  # pytorch-cifar and torchvision: stage and block; ours: blocks.0 to 7


@architectures.add
class ResNet18(Classifier):
    """Four stages of two blocks; z is the 512-d average-pooled output."""

    name = "resnet18"
    title = "ResNet-18"
    help = "The CIFAR form: 3×3 stride-1 stem, no max-pool; 11.2 million parameters, 1.11 GFLOP an image of 32 px."
    citation = "He et al. (2016), Deep Residual Learning for Image Recognition, CVPR"

    def __init__(self, shape: tuple[int, int, int], classes: int, params: BaseModel) -> None:
        super().__init__(shape, classes, params)
        self.conv1 = nn.Conv2d(shape[2], 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        widths = (64, 64, 128, 256, 512)
        blocks: list[nn.Module] = []
        for stage, (inputs, outputs) in enumerate(pairwise(widths)):
            blocks += [BasicBlock(inputs, outputs, 1 if stage == 0 else 2), BasicBlock(outputs, outputs, 1)]
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(512, classes)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def features(self, images: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(images)))
        features: Tensor = self.pool(self.blocks(out)).flatten(1)
        return features

    def head(self, features: Tensor) -> Tensor:
        logits: Tensor = self.classifier(features)
        return logits

    @classmethod
    def adopted(cls, weights: dict[str, Tensor], augmentation: Augmentation) -> dict[str, Tensor]:
        """Takes the names of pytorch-cifar, of torchvision, and of SalUn's repository, whose networks normalise."""
        return _without_normalisation(
            {_own_name(name): weight for name, weight in weights.items()}, augmentation
        )


def _own_name(name: str) -> str:
    name = STAGE.sub(lambda found: f"blocks.{2 * int(found[1]) - 2 + int(found[2])}.", name)
    name = name.replace(".downsample.", ".shortcut.")
    return re.sub(r"^(linear|fc)\.", "classifier.", name)


def _without_normalisation(weights: dict[str, Tensor], augmentation: Augmentation) -> dict[str, Tensor]:
    """The same network for images that come normalised by `augmentation`, where it began with a normalisation.

    With mean m and std s of its own, and m', s' of ours, (x − m) / s = (s' / s) · (x − m') / s' + (m' − m) / s. The
    factor goes into the convolution and the summand into the BatchNorm behind it: exact where m = m', and elsewhere but
    for the outermost pixels, whose zero padding it doesn't reach.
    """
    names = ("normalize.mean", "normalize.std", "conv1.weight", "bn1.running_mean")
    if not all(name in weights for name in names):
        return weights
    mean, std, convolution, centre = (weights[name].double() for name in names)
    channels = (len(augmentation.mean),)
    fits = (
        mean.shape == std.shape == convolution.shape[1:2] == channels
        and centre.shape == convolution.shape[:1]
    )
    if not fits or convolution.ndim != 4:
        return weights
    our_mean, our_std = torch.tensor([augmentation.mean, augmentation.std], dtype=torch.float64)
    summand = torch.einsum("okij,k->o", convolution, (our_mean - mean) / std)
    scaled = convolution * (our_std / std)[:, None, None]
    rest = {name: weight for name, weight in weights.items() if not name.startswith("normalize.")}
    return {**rest, "conv1.weight": scaled, "bn1.running_mean": centre - summand}
