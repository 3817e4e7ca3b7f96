"""VGG-16 with BatchNorm for small images, and a 1024-d encoder head in place of its two layers of 4096."""

from __future__ import annotations

from pydantic import BaseModel
from torch import Tensor, nn

from coun_gui.unlearning.models import Classifier, architectures
from coun_gui.unlearning.models.convolution import Conv3x3

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # widths, configuration D
HEAD = (2048, 1024)


@architectures.add
class VGG16(Classifier):
    """Thirteen 3×3 convolutions in five stages; z is the 1024-d output of the encoder head.

    The width of the head's first layer isn't published. With 2048 a forward pass costs what the paper's table says.
    """

    name = "vgg16"
    title = "VGG-16"
    help = "With BatchNorm and a 1024-d feature layer: 18 million parameters, 0.63 GFLOP an image of 32 px."
    citation = "Simonyan & Zisserman (2015), Very Deep Convolutional Networks for Image Recognition, ICLR"

    def __init__(self, shape: tuple[int, int, int], classes: int, params: BaseModel) -> None:
        super().__init__(shape, classes, params)
        layers: list[nn.Module] = []
        width = shape[2]
        for stage in STAGES:
            for wider in stage:
                layers += [Conv3x3(width, wider), nn.BatchNorm2d(wider)]
                layers += [nn.ReLU(inplace=True)]
                width = wider
            layers += [nn.MaxPool2d(2, ceil_mode=True)]  # a side of one pixel, in images below 32, stays one
        self.stages = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.encoder_head = nn.Sequential(
            nn.Linear(width, HEAD[0]),
            nn.ReLU(inplace=True),
            nn.Linear(HEAD[0], HEAD[1]),
            nn.ReLU(inplace=True),
        )
        self.classifier = nn.Linear(HEAD[1], classes)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        for module in self.encoder_head:
            if isinstance(module, nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)

    def features(self, images: Tensor) -> Tensor:
        features: Tensor = self.encoder_head(self.stages(images))
        return features

    def head(self, features: Tensor) -> Tensor:
        logits: Tensor = self.classifier(features)
        return logits
