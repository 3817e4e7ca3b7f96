"""What packaging/fill_readme.py puts into the README: measured tables between their marks, and nothing else."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = """\
Obtaining file:///somewhere
make[1]: Entering directory '/somewhere'
== tests/benchmarks/baseline_loop.py
== tests/benchmarks/bench_attack.py
A processor, 2 cores, torch 2.9
attack   0.1 s

== tests/benchmarks/bench_memory.py
A processor, 2 cores, torch 2.9
engine   700 MB
make[1]: Leaving directory '/somewhere'
"""
IMAGES = {"classes": 10, "epoch": 1.25, "outputs": 0.5, "attack": 0.03, "SVC": 12.4, "memory": 1234.5}
RUNS = {"methods": 2, "seeds": 1, "runs": 4, "seconds": 6.0, "memory": 888.0}
GROWTH = {
    "machine": "A processor, 2 cores",
    "samples": [{"samples": 1000, "usual loop": 2.5, **IMAGES}, {"samples": 60000, **IMAGES}],
    "classes": [{"samples": 4000, **IMAGES, "classes": 1000}],
    "methods": [RUNS],
    "seeds": [{**RUNS, "seeds": 2, "runs": 8}],
}
LANDING = """\
model,samples,listed,share_cat_pct,share_dog_pct,share_frog_pct,avg_diff_listed_pp,avg_diff_pp,same_class_pct,js_bits
Retrain · seed 0,40,cat frog,62.5,12.5,25,,,,
FT · seed 0,40,cat frog,17.46,82.5,0.04,35,23.3,20,0.0018
"""


@pytest.fixture
def script(tmp_path: Path) -> dict[str, Any]:
    """The names of the script, which is no package, with its files in a folder of the test's own."""
    names = runpy.run_path(str(ROOT / "packaging" / "fill_readme.py"))
    names["growth"].__globals__["ROOT"] = tmp_path
    (tmp_path / names["FIGURE"]).parent.mkdir(parents=True)
    return names


def test_what_stands_between_the_marks_is_replaced_and_the_rest_is_kept(script: dict[str, Any]) -> None:
    readme = "a\n<!-- demo -->\nold\n<!-- end of demo -->\nb\n<!-- bench -->\nkept\n<!-- end of bench -->\n"
    wanted = (
        "a\n<!-- demo -->\nnew \\1\n<!-- end of demo -->\nb\n<!-- bench -->\nkept\n<!-- end of bench -->\n"
    )
    assert script["filled"](readme, "demo", "new \\1\n") == wanted
    assert script["filled"]("<!-- demo -->", "demo", "new") == "<!-- demo -->\nnew\n<!-- end of demo -->"


def test_a_readme_without_the_marks_is_refused(script: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="<!-- growth -->"):
        script["filled"]("text", "growth", "new")


def test_the_whole_output_of_the_benchmarks_is_taken_and_nothing_around_it(script: dict[str, Any]) -> None:
    assert script["bench"](OUTPUT) == (
        "```\n== bench_attack\nA processor, 2 cores, torch 2.9\nattack   0.1 s\n\n"
        "== bench_memory\nengine   700 MB\n```"
    )


def test_anything_else_than_their_output_is_refused(script: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="make bench"):
        script["bench"]("import torch  2 s")


def test_how_far_two_runs_are_apart_is_told_of_ratios_alone(script: dict[str, Any]) -> None:
    first = (
        "== bench_a\nloop 1  2.0 s   4.00× (3.00 to 9.00)    2.00×\npan     4.0 ms   ratio   10.0\n"
        "== bench_b\nloop 1   1.00×\nfirst paint   0.8 s   0.40 × import torch (at most 0.4)\n"
    )
    again = (
        "== bench_a\nloop 1  9.0 s   4.40× (1.00 to 2.00)    2.00×\npan     9.0 ms   ratio   15.0\n"
        "== bench_b\nloop 1   1.02×\nfirst paint   0.8 s   0.44 × import torch (at most 0.4)\n"
    )
    assert script["agreement"](first, again) == (  # 10, 0, 50, 2 and 10 %
        "A second run gave 5 of these ratios again: half of them within 10 %, nine of ten within 10 %, "
        "the most distant (“pan” of bench_a) 50 % off."
    )
    with pytest.raises(ValueError, match="no ratio"):
        script["agreement"](first, "== bench_c\nnothing")


def test_growth_is_told_in_two_tables_with_gaps_where_nothing_was_measured(script: dict[str, Any]) -> None:
    lines = script["growth"](json.dumps(GROWTH)).splitlines()
    assert lines[0].endswith("(resources/screenshots/growth.svg)")
    assert "On A processor, 2 cores." in lines
    assert "| 1,000 | 10 | 1.25 | 2.50 | 0.50 | 0.030 | 12 | 1,234 |" in lines
    assert "| 60,000 | 10 | 1.25 | – | 0.50 | 0.030 | 12 | 1,234 |" in lines
    assert "| 4,000 | 1,000 | 1.25 | – | 0.50 | 0.030 | 12 | 1,234 |" in lines
    assert lines[-2:] == ["| 2 | 1 | 4 | 6.00 | 1.50 | 888 |", "| 2 | 2 | 8 | 6.00 | 0.75 | 888 |"]


def test_the_figure_of_growth_is_a_small_svg_that_names_its_lines(
    script: dict[str, Any], tmp_path: Path
) -> None:
    script["growth"](json.dumps(GROWTH))
    drawn = tmp_path / script["FIGURE"]
    first = drawn.read_bytes()
    text = " ".join(ElementTree.fromstring(first).itertext())
    assert len(first) < 60_000
    assert all(name in text for name in ("Epoch", "Usual loop", "Attack", "training images"))
    script["growth"](json.dumps(GROWTH))
    assert drawn.read_bytes() == first, "the same figures draw the same file"


def test_the_readme_has_a_place_for_every_kind(script: dict[str, Any]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [kind for kind in script["KINDS"] if f"<!-- end of {kind} -->" not in readme] == []


def test_landing_lists_the_classes_that_retrain_puts_most_into(script: dict[str, Any]) -> None:
    assert script["landing"](LANDING).splitlines() == [
        "| Model | cat (%) | frog (%) | Avg. Diff ↓ | of all classes ↓ | Same class (%) | JS (bits) ↓ |",
        "| --: | --: | --: | --: | --: | --: | --: |",
        "| Retrain | 62.5 | 25.0 | – | – | – | – |",
        "| FT | 17.5 | 0.0 | 35.0 | 23.3 | 20.0 | 0.002 |",
    ]
