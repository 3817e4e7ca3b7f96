"""ResNet-18 as used on CIFAR: a 3×3 stem with stride 1 and no max-pool."""

from __future__ import annotations

from itertools import pairwise

from pydantic import BaseModel
from torch import Tensor, nn

from coun_gui.unlearning.models import Classifier, architectures


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (He et al. 2016, figure 2 and option B)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
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
        self._initialise()

    def _initialise(self) -> None:
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
