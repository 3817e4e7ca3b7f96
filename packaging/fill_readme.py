"""Puts measured tables into README.md, so that none is typed by hand.

python packaging/fill_readme.py demo DIR/results.md     what `coun demo --out DIR` wrote
python packaging/fill_readme.py bench FILE [AGAIN]      all that `make bench` printed, and how far AGAIN is from it
python packaging/fill_readme.py paper DIR/results.md    what `coun export --paper` wrote of the paper's table
python packaging/fill_readme.py landing DIR/landing.csv where `coun export` found that the forget set lands
python packaging/fill_readme.py growth FILE             what bench_growth.py --json wrote; draws its figure too
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FIGURE = Path("resources/screenshots/growth.svg")
HEADING = "== "  # what `make bench` prints before the name of each script
TIMES = {
    "epoch": "Epoch (s)",
    "usual loop": "Usual loop (s)",
    "outputs": "Outputs (s)",
    "attack": "Attack (s)",
    "SVC": "SVC on every point (s)",
}
GROWTH = "bench_growth"
RATIO = re.compile(r"([0-9.]+)(?:×| × import)|ratio +([0-9.]+)")
PEERS = ("usual loop", "SVC")


def filled(readme: str, name: str, content: str) -> str:
    """The text with everything between the marks of `name` replaced; `ValueError` where it has none."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if begin not in readme:
        raise ValueError(f"README.md has no {begin}: put it where the figures belong.")
    block = f"{begin}\n{content.strip()}\n{end}"
    found = re.compile(f"{re.escape(begin)}(?:.*?{re.escape(end)})?", re.DOTALL)
    return found.sub(lambda _match: block, readme, count=1)


def as_it_is(text: str) -> str:
    """A table that the program itself wrote in Markdown."""
    return text


def bench(text: str) -> str:
    """The output of every script under its name, as one block.

    What make and pip print around it is left out, as are scripts that print nothing, bench_growth.py, whose tables
    `growth` fills in, and the line that names the machine after the first time. Raises `ValueError` where the text is
    no output of `make bench`.
    """
    parts = []
    machines: set[str] = set()
    for part in re.split(f"^{HEADING}", text, flags=re.MULTILINE)[1:]:
        script, *lines = [line.rstrip() for line in part.splitlines() if not line.startswith("make")]
        if lines and lines[0] in machines:
            del lines[0]
        machines.update(lines[:1])
        said = "\n".join(lines).strip("\n")
        if said and Path(script).stem != GROWTH:
            parts.append(f"{HEADING}{Path(script).stem}\n{said}")
    if not parts:
        raise ValueError("That is no output of `make bench`: run it, with its output in a file.")
    return "```\n" + "\n\n".join(parts) + "\n```"


def agreement(text: str, again: str) -> str:
    """How far the ratios of two runs of `make bench` are apart, in a sentence."""
    first, second = _ratios(text), _ratios(again)
    apart = {key: 100 * abs(second[key] / first[key] - 1) for key in first.keys() & second.keys()}
    if not apart:
        raise ValueError("The two runs have no ratio in common.")
    (script, label, _), most = max(apart.items(), key=lambda pair: pair[1])
    ordered = sorted(apart.values())
    nine_of_ten = ordered[int(0.9 * (len(ordered) - 1))]
    return (
        f"A second run gave {len(apart)} of these ratios again: half of them within {median(ordered):.0f} %, "
        f"nine of ten within {nine_of_ten:.0f} %, the most distant (“{label}” of {script}) {most:.0f} % off."
    )


def _ratios(text: str) -> dict[tuple[str, str, int], float]:
    """By script, name of the line and place among those of that name; what spreads in parentheses is left out."""
    found: dict[tuple[str, str, int], float] = {}
    script = ""
    for line in text.splitlines():
        if line.startswith(HEADING):
            script = Path(line.removeprefix(HEADING)).stem
        label, _, rest = re.sub(r"\([^)]*\)", "", line.strip()).partition("  ")
        for told in RATIO.finditer(rest):
            place = sum(key[:2] == (script, label) for key in found)
            found[script, label, place] = float(told[1] or told[2])
    return found


def landing(text: str) -> str:
    """Where each model puts the forget set, in % by the classes that Retrain puts most into, and how far from it."""
    rows = list(csv.DictReader(text.splitlines()))
    names = rows[0]["listed"].split()
    listed = [f"share_{name}_pct" for name in names]
    titles = (
        "Model",
        *(f"{name} (%)" for name in names),
        "Avg. Diff ↓",
        "of all classes ↓",
        "Same class (%)",
        "JS (bits) ↓",
    )
    keys = (*listed, "avg_diff_listed_pp", "avg_diff_pp", "same_class_pct")
    return table(
        titles,
        (
            (
                row["model"].partition(" · ")[0],
                *(f"{float(row[key]):.1f}" if row[key] else "–" for key in keys),
                f"{float(row['js_bits']):.3f}" if row["js_bits"] else "–",
            )
            for row in rows
        ),
    )


def growth(text: str) -> str:
    """The figure and the tables of what bench_growth.py measured; draws the figure."""
    found: dict[str, Any] = json.loads(text)
    draw_growth(found["samples"], ROOT / FIGURE)
    images = table(
        ("Samples", "Classes", *TIMES.values(), "Memory (MB)"),
        (
            (
                f"{row['samples']:,}",
                f"{row['classes']:,}",
                *map(in_seconds, times(row)),
                f"{row['memory']:,.0f}",
            )
            for row in found["samples"] + found["classes"]
        ),
    )
    experiments = table(
        ("Methods", "Seeds", "Runs", "Time (s)", "A run (s)", "Memory (MB)"),
        (
            (
                *(str(row[name]) for name in ("methods", "seeds", "runs")),
                in_seconds(row["seconds"]),
                in_seconds(row["seconds"] / row["runs"]),
                f"{row['memory']:,.0f}",
            )
            for row in found["methods"] + found["seeds"]
        ),
    )
    figure = f"![Time and memory against the number of training images]({FIGURE.as_posix()})"
    return f"{figure}\n\nOn {found['machine']}.\n\n{images}\n\n{experiments}"


def times(row: dict[str, float]) -> list[float | None]:
    """None for what was not measured in that row."""
    return [row.get(name) for name in TIMES]


def in_seconds(value: float | None) -> str:
    """With as many digits as are worth reading."""
    if value is None:
        return "–"
    digits = 0 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}"


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """In Markdown, aligned to the right."""
    head = list(titles)
    lines = [head, ["--:"] * len(head), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw_growth(rows: list[dict[str, float]], path: Path) -> None:
    """Two panels over the number of training images: seconds of each part, and MB."""
    from matplotlib.figure import Figure

    from coun_gui.reports.colours import class_colour
    from coun_gui.reports.figure_file import save
    from coun_gui.reports.figure_style import journal_style, panel_title

    counts = [row["samples"] for row in rows]
    with journal_style():
        figure = Figure(figsize=(7.2, 2.8), layout="constrained")
        clock, memory = figure.subplots(1, 2)
        for number, (name, title) in enumerate(TIMES.items()):
            points = [(row["samples"], row[name]) for row in rows if row.get(name)]
            style = "o--" if name in PEERS else "o-"
            label, colour = title.removesuffix(" (s)"), class_colour(number, len(TIMES))
            clock.plot(*zip(*points, strict=True), style, markersize=3, color=colour, label=label)
        clock.set_yscale("log")
        clock.yaxis.set_major_formatter("{x:g}")
        panel_title(clock, "Time (s); dashed: peers")
        memory.plot(
            counts, [row["memory"] for row in rows], "o-", markersize=3, color=class_colour(0, len(TIMES))
        )
        memory.set_ylim(bottom=0)
        panel_title(memory, "Memory, at most (MB)")
        for axes in (clock, memory):
            axes.set_xscale("log")
            axes.set_xticks(counts, [f"{count:,}" for count in counts])
            axes.minorticks_off()
            axes.set_xlabel("training images")
            axes.grid(True)
        figure.legend(loc="outside lower center", ncols=len(TIMES))
        save(figure, path)


KINDS: dict[str, Callable[[str], str]] = {
    "demo": as_it_is,
    "paper": as_it_is,
    "bench": bench,
    "growth": growth,
    "landing": landing,
}

if __name__ == "__main__":
    kind, *sources = sys.argv[1:] or [""]
    if kind not in KINDS or len(sources) not in ((1, 2) if kind == "bench" else (1,)):
        sys.exit(__doc__)
    try:
        texts = [Path(source).read_text(encoding="utf-8") for source in sources]
        content = KINDS[kind](texts[0])
        if len(texts) == 2:
            content += "\n\n" + agreement(*texts)
        README.write_text(filled(README.read_text(encoding="utf-8"), kind, content), encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"README.md stays as it is: {error}")
