"""What is shipped beside the code is there, and the packaging tells the same story as pyproject.toml."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from paper_ranges import RANGES

from coun_gui.assets import asset
from coun_gui.experiments.spec import ExperimentSpec, RunSpec, read_toml
from coun_gui.reports import paper
from coun_gui.unlearning.datasets import sources
from coun_gui.unlearning.methods import methods
from coun_gui.unlearning.models import architectures
from coun_gui.unlearning.parameters import TrainingSpec, UnlearningSpec

ROOT = Path(__file__).resolve().parent.parent
APP_ID = "org.coun_gui.CoUn"
SETTINGS = sorted({setting for setting, _, _ in paper.tables()})
ABSENT = {"retrain", "cu"}  # Retrain is added by itself; Contrastive Unlearning is not one of the methods
# From the paper: the ranges in which it searched, since it doesn't print what it chose.
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def named_assets() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where asset(...) is called with plain strings alone, and with which."""
    for path in sorted((ROOT / "coun_gui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "asset":
                parts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if len(parts) == len(node.args):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", tuple(map(str, parts))


def desktop_entry() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment]  # keys of desktop entries are case-sensitive
    parser.read(ROOT / "packaging" / f"{APP_ID}.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def metainfo() -> ElementTree.Element:
    return ElementTree.parse(ROOT / "packaging" / f"{APP_ID}.metainfo.xml").getroot()


def test_every_asset_that_the_code_names_exists() -> None:
    missing = [f"{where}: {'/'.join(parts)}" for where, parts in named_assets() if not asset(*parts).exists()]

    assert missing == []


def test_an_asset_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert asset("icons", "coun.svg").read_text("utf-8").lstrip().startswith("<")


def test_every_icon_is_well_formed_svg() -> None:
    icons = sorted(asset("icons").glob("*.svg"))

    roots = {icon.name: ElementTree.parse(icon).getroot().tag for icon in icons}

    assert set(roots.values()) == {"{http://www.w3.org/2000/svg}svg"}


def test_the_menu_entry_starts_a_command_that_the_package_installs() -> None:
    entry = desktop_entry()

    assert entry["Exec"] in PROJECT["gui-scripts"]
    assert entry["Type"] == "Application"
    assert entry["Icon"] == APP_ID


def test_the_metainfo_agrees_with_the_menu_entry() -> None:
    component, entry = metainfo(), desktop_entry()

    assert component.findtext("id") == APP_ID
    assert component.findtext("name") == entry["Name"]
    assert component.findtext("launchable") == f"{APP_ID}.desktop"
    assert {tag.text for tag in component.iter("category")} <= set(entry["Categories"].split(";"))


def test_the_metainfo_agrees_with_the_package() -> None:
    component = metainfo()
    newest = component.find("releases/release")

    assert newest is not None
    assert newest.get("version") == PROJECT["version"]
    assert component.findtext("project_license") == PROJECT["license"]
    commands = {*PROJECT["scripts"], *PROJECT["gui-scripts"]}
    assert {tag.text for tag in component.iter("binary")} == commands


def test_the_make_targets_that_the_readme_names_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    readme = (ROOT / "README.md").read_text("utf-8")

    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme, flags=re.MULTILINE))

    assert named <= targets


# Presets


def preset(name: str) -> ExperimentSpec:
    return read_toml(asset("presets", f"{name}.toml"))


def paper_presets() -> list[str]:
    return sorted(path.stem for path in asset("presets").glob("paper-*.toml"))


def setting(spec: ExperimentSpec) -> str:
    """The paper's setting that an experiment belongs to."""
    run = RunSpec(
        dataset=spec.dataset, dataset_fingerprint="", model=spec.model, method="retrain", training=spec.training,
        forget=spec.forget, forget_hash="", seed=0,
    )  # fmt: skip
    return paper.setting_of(run)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_of_the_paper_is_a_preset_with_its_methods(name: str) -> None:
    spec = preset(f"paper-{name.lower()}")

    printed = [method for where, method, switched in paper.tables() if where == name and not switched]

    assert setting(spec) == name
    assert [method.name for method in spec.methods] == [method for method in printed if method not in ABSENT]
    assert spec.seeds == (0, 1, 2)
    assert (spec.dataset.subset, spec.dataset.test_subset, spec.reference) == (None, None, True)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_the_paper_has_its_recipe(name: str) -> None:
    spec = preset(f"paper-{name.lower()}")

    warmup = 75 if "-VGG-" in name else 0
    epochs = 300 if "-ViT-" in name else 182

    assert spec.training == TrainingSpec(epochs=epochs, lr=0.1, batch_size=256, warmup_epochs=warmup)
    assert spec.unlearning == UnlearningSpec(epochs=50, batch_size=256, lr=spec.unlearning.lr)
    assert spec.unlearning.schedule == "cosine"
    for method in spec.methods:
        assert set(method.overrides) <= {"lr"}
        assert 0.01 <= method.overrides.get("lr", spec.unlearning.lr) <= 0.1


@pytest.mark.parametrize("name", ["C100-ViT-10", "C100-ViT-50"])
def test_the_vits_300_epochs_follow_from_the_printed_costs(name: str) -> None:
    """Methods cost whole numbers of epochs; with 50 at most, NegGrad+, ℓ1 and FT fix what one epoch costs."""
    spec = preset(f"paper-{name.lower()}")
    ft, retrain = (paper.tables()[name, method, False].values["cost_flops"] for method in ("ft", "retrain"))
    epochs_of_ft = {"C100-ViT-10": 20, "C100-ViT-50": 10}[name]

    assert retrain / ft * epochs_of_ft == pytest.approx(spec.training.epochs, rel=0.01)


@pytest.mark.parametrize("name", paper_presets())
def test_parameters_lie_in_the_papers_ranges(name: str) -> None:
    for method in preset(name).methods:
        switch = method.contrastive.model_dump() if method.contrastive else {}
        for key, value in [*method.params.items(), *switch.items()]:
            if key in RANGES:
                assert RANGES[key][0] <= value <= RANGES[key][1], key
            elif key == "temperature":
                assert 0 < value < 0.3 or (value == 1 and method.name in ("scrub", "badt"))
            else:
                assert key == "sparse_epochs"


@pytest.mark.parametrize("name", paper_presets())
def test_datasets_models_and_methods_take_what_the_presets_give(name: str) -> None:
    spec = preset(name)

    sources.get(spec.dataset.name).Params.model_validate(spec.dataset.params)
    architectures.get(spec.model.name).Params.model_validate(spec.model.params)
    for method in spec.methods:
        kind = methods.get(method.name)
        kind.Params.model_validate(method.params)
        assert kind.contrastive or method.contrastive is None


@pytest.mark.parametrize("name", paper_presets())
def test_a_paper_preset_says_whose_its_parameters_are(name: str) -> None:
    head = asset("presets", f"{name}.toml").read_text("utf-8").split("name =")[0]

    assert "ours, within" in " ".join(head.replace("#", "").split())


@pytest.mark.parametrize("name", ["paper-table-1", "paper-table-1-small"])
def test_the_posters_table_has_the_variants_of_its_figure_4(name: str) -> None:
    asked = [(method.name, method.contrastive is not None) for method in preset(name).methods]

    variants = [(method, on) for method in ("neggrad+", "l1-sparse", "salun", "not") for on in (False, True)]

    assert asked == [("ft", False), *variants, ("coun", False)]


def test_the_posters_table_is_the_papers_setting_and_its_small_form_a_part_of_it() -> None:
    whole, small = preset("paper-table-1"), preset("paper-table-1-small")

    assert setting(whole) == "C10-R18-10"
    assert (whole.training, whole.seeds) == (TrainingSpec(), (0,))
    assert (small.dataset.name, small.dataset.subset, small.dataset.test_subset) == ("npz", 10_000, 5_000)
    assert (small.training.epochs, small.unlearning.epochs, small.training.batch_size) == (10, 2, 64)
    assert (small.model, small.forget) == (whole.model, whole.forget)
    assert small.name.endswith("scaled down (10,000 images)")


def test_the_small_form_of_the_class_setting_shares_the_original_of_the_small_table() -> None:
    whole, small, table = map(
        preset, ("paper-c10-r18-truck", "paper-c10-r18-truck-small", "paper-table-1-small")
    )

    shared = ("dataset", "model", "training", "unlearning", "seeds")
    assert [getattr(small, key) for key in shared] == [getattr(table, key) for key in shared]
    assert small.forget == whole.forget
    assert {method.name for method in small.methods} < {method.name for method in whole.methods}
    assert small.name.endswith("scaled down (10,000 images)")


def test_no_two_presets_bear_the_same_name() -> None:
    names = [read_toml(path).name for path in asset("presets").glob("*.toml")]

    assert len(names) == len(set(names))
