"""One colour a class and one a method, the same in every panel, figure and export, on white and on dark."""

from __future__ import annotations

import math
from functools import cache
from hashlib import sha256

from coun_gui.experiments.spec import RunSpec

# Ten colours found by search: the smallest distance between any two of them (OKLab) is as large as possible,
# also as seen with protanopia, deuteranopia and tritanopia; all stand out from white and from a dark window.
_TEN_CLASSES = (
    "#3464a7", "#e65717", "#379663", "#8f35ef", "#b0b550",
    "#b5117c", "#3db9f9", "#8c4f1e", "#f588aa", "#937fc8",
)  # fmt: skip

# name: title, colour, colour with the CL switch on (the same hue, clearly darker or lighter).
_METHODS = {
    "ft": ("FT", "#0072b2", "#56a8dc"),
    "coun": ("CoUn", "#d55e00", "#d55e00"),
    "neggrad+": ("NegGrad+", "#009e73", "#006a4d"),
    "l1-sparse": ("ℓ1-sparse", "#c26aa0", "#8a3a6c"),
    "salun": ("SalUn", "#c98a00", "#8c5f00"),
    "not": ("NoT", "#3aa0d8", "#1d6a96"),
    "rl": ("RL", "#8f6fd0", "#5f3fa3"),
    "ga": ("GA", "#a8532f", "#d08a68"),
    "scrub": ("SCRUB", "#7a9a2e", "#536d14"),
    "ssd": ("SSD", "#7b8a99", "#536170"),
    "badt": ("Bad Teacher", "#d4466a", "#97284a"),
}
# name: title, colour on white, colour on dark. The two models that everything is measured by are neutral.
_REFERENCES = {
    "original": ("Original", "#8a8f98", "#8a8f98"),
    "retrain": ("Retrain", "#22262b", "#e8eaed"),
}


def class_colour(index: int, count: int) -> str:
    """`#rrggbb` of class `index` out of `count` classes.

    Up to ten classes take a fixed, colour-blind-safe set. More take a series of even steps in hue, in three
    lightnesses: neighbours differ clearly, but a hundred colours can't all be told apart by anyone.
    """
    if count <= len(_TEN_CLASSES):
        return _TEN_CLASSES[index % len(_TEN_CLASSES)]
    return _series_colour(index)


def method_colour(method: str, contrastive: bool = False, dark: bool = False) -> str:
    """`#rrggbb` of a method by its name in the experiment file. `dark`, the theme, matters to Retrain alone.

    A method from a third party gets a colour that follows from its name.
    """
    if method in _REFERENCES:
        return _REFERENCES[method][2 if dark else 1]
    if method in _METHODS:
        return _METHODS[method][2 if contrastive else 1]
    named = f"{method}+cl" if contrastive else method
    return _series_colour(int.from_bytes(sha256(named.encode()).digest()[:2]))


def method_title(method: str, contrastive: bool = False) -> str:
    """As the literature writes it; with the switch on, “NegGrad+ + CL”. CoUn has the module in its name."""
    known = {**_METHODS, **_REFERENCES}
    title = known[method][0] if method in known else method
    return f"{title} + CL" if contrastive and method != "coun" else title


def run_title(spec: RunSpec) -> str:
    """“CoUn · seed 0”."""
    return f"{method_title(spec.method, spec.contrastive is not None)} · seed {spec.seed}"


@cache
def _series_colour(index: int) -> str:
    """The golden angle spreads the hues evenly however many are taken."""
    lightness = (0.62, 0.50, 0.74)[index % 3]
    return _oklch(lightness, 0.16, math.tau * ((0.07 + index * 0.6180339887498949) % 1))


def _oklch(lightness: float, chroma: float, hue: float) -> str:
    """sRGB of an OKLCH colour (Ottosson 2020); chroma is lowered until the screen can show it."""
    while True:
        linear = _linear_rgb(lightness, chroma * math.cos(hue), chroma * math.sin(hue))
        if all(0 <= channel <= 1 for channel in linear) or chroma <= 0:
            return "#" + "".join(f"{round(255 * _encoded(channel)):02x}" for channel in linear)
        chroma -= 0.005


def _linear_rgb(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    """OKLab to linear sRGB."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _encoded(channel: float) -> float:
    """The sRGB transfer curve, clipped to 0…1."""
    channel = min(max(channel, 0.0), 1.0)
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
