"""A small convolutional network for small images: trains in about a second on the digits."""

from __future__ import annotations

from pydantic import BaseModel
from torch import Tensor, nn

from coun_gui.unlearning.models import Classifier, architectures

WIDTH = 128


@architectures.add
class SmallCNN(Classifier):
    """Three 3×3 convolutions with BatchNorm, pooled to 2×2, and a 128-d feature layer."""

    name = "small-cnn"
    title = "Small CNN"
    help = "Three convolutions and a 128-d feature layer, about 90,000 parameters; for small grey or colour images."

    def __init__(self, shape: tuple[int, int, int], classes: int, params: BaseModel) -> None:
        super().__init__(shape, classes, params)
        self.body = nn.Sequential(
            *_convolution(shape[2], 32),
            *_convolution(32, 64),
            nn.MaxPool2d(2),
            *_convolution(64, 64),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(4 * 64, WIDTH),
            nn.ReLU(inplace=True),
        )
        self.classifier = nn.Linear(WIDTH, classes)

    def features(self, images: Tensor) -> Tensor:
        features: Tensor = self.body(images)
        return features

    def head(self, features: Tensor) -> Tensor:
        logits: Tensor = self.classifier(features)
        return logits


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
