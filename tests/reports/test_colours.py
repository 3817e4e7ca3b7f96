"""Colours are told apart by everyone, on both themes, and never change."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from coun_gui.reports.colours import class_colour, method_colour, method_title

METHODS = ["ft", "coun", "neggrad+", "l1-sparse", "salun", "not", "rl", "ga", "scrub", "ssd", "badt"]
WHITE, DARK = "#ffffff", "#1b1d21"
# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    cones = np.cbrt(
        np.array([[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]])
        @ rgb
    )
    return (
        np.array([[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]])
        @ cones
    )


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("vision", VISION)
def test_ten_classes_are_told_apart(vision: str) -> None:
    seen = [oklab(np.clip(np.array(VISION[vision]) @ linear(class_colour(i, 10)), 0, 1)) for i in range(10)]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.07


@pytest.mark.parametrize("ground", [WHITE, DARK])
def test_colours_stand_out_from_both_themes(ground: str) -> None:
    colours = [class_colour(index, 10) for index in range(10)]
    colours += [method_colour(name, switch) for name in METHODS for switch in (False, True)]
    assert min(contrast(colour, ground) for colour in colours) > 2


def test_retrain_stands_out_most_on_either_theme() -> None:
    assert contrast(method_colour("retrain"), WHITE) > 7
    assert contrast(method_colour("retrain", dark=True), DARK) > 7


@pytest.mark.parametrize("count", [100, 200])
def test_many_classes_have_as_many_colours(count: int) -> None:
    colours = [class_colour(index, count) for index in range(count)]
    assert len(set(colours)) == count
    labs = [oklab(linear(colour)) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in pairwise(labs)) > 0.15  # neighbours


def test_every_method_has_a_colour_of_its_own() -> None:
    colours = {method_colour(name) for name in [*METHODS, "original", "retrain"]}
    assert len(colours) == len(METHODS) + 2


def test_the_switch_changes_the_shade_except_for_coun() -> None:
    assert [name for name in METHODS if method_colour(name) == method_colour(name, True)] == ["coun"]


def test_a_method_from_elsewhere_keeps_its_colour() -> None:
    assert method_colour("mine") == method_colour("mine") != method_colour("mine", contrastive=True)


def test_titles_are_the_literatures() -> None:
    assert [method_title(name) for name in ("l1-sparse", "badt", "original")] == [
        "ℓ1-sparse", "Bad Teacher", "Original",
    ]  # fmt: skip
    assert method_title("neggrad+", contrastive=True) == "NegGrad+ + CL"
    assert method_title("coun", contrastive=True) == "CoUn"
    assert method_title("mine") == "mine"
