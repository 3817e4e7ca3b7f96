"""Maps into files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from coun_gui.experiments.maps import SampleMap
from coun_gui.experiments.maps import class_names as names_of
from coun_gui.experiments.record import RunRecord
from coun_gui.reports.landing_table import LandingTable, write_landing
from coun_gui.ui.embedding.landing_model import CLUSTERS, FLOW
from coun_gui.ui.embedding.on_screen import OnScreen

TABLES = "Table (*.csv);;PNG image (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"
TOGETHER = "PDF, with PNG and SVG beside it (*.pdf)"
FILTERS = "PNG image (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"


def with_suffix(path: Path, chosen_filter: str) -> Path:
    """The path with the ending of the filter that was picked, unless it has a known one."""
    if path.suffix.lower() in (".png", ".svg", ".pdf", ".gif", ".csv"):
        return path
    ending = chosen_filter.rpartition("*")[2].rstrip(")") or ".png"
    return path.with_name(path.name + ending)


def together(path: Path) -> list[Path]:
    """The files that `TOGETHER` stands for."""
    return [path.with_suffix(ending) for ending in (".pdf", ".png", ".svg")]


def save_maps(samples: SampleMap, titles: dict[str, str], class_names: list[str] | None, path: Path) -> None:
    """Writes the runs in `titles` as one figure, on white."""
    # matplotlib takes a third of a second to import, and only an export needs it.
    from coun_gui.reports import figures

    shown = replace(samples, spec=samples.spec.model_copy(update={"runs": tuple(titles)}))
    figures.save(figures.map_figure(shown, titles, names_of(samples, class_names or ())), path)


def save_shown(shown: OnScreen, path: Path) -> None:
    """Writes the maps as they are on the screen."""
    from coun_gui.reports import figures
    from coun_gui.ui.embedding.screen_figure import figure_view

    figures.save(figures.map_figure(shown.samples, shown.titles, (), view=figure_view(shown)), path)


def save_paper(
    folder: Path,
    records: Sequence[RunRecord],
    samples: SampleMap,
    class_names: list[str],
    paths: Sequence[Path],
) -> list[str]:
    """Writes the paper's figure out of the map on show and those of other forget sets in the workspace.

    Gives sentences on what had to be left out. folder: the workspace's; records: its runs
    """
    from coun_gui.reports.figures import save
    from coun_gui.reports.paper_columns import paper_settings
    from coun_gui.reports.paper_figure import paper_figure

    settings, left_out = paper_settings(folder, records, samples)
    classes = max(len(names_of(each.sample_map, class_names)) for each in settings)
    names = class_names + [str(label) for label in range(len(class_names), classes)]
    figure = paper_figure(settings, names)
    for path in paths:
        save(figure, path)
    return left_out


def save_landing(table: LandingTable, view: str, path: Path) -> None:
    """Writes the landing table as CSV, or what is on show of it as a figure, on white."""
    if path.suffix.lower() == ".csv":
        write_landing(table, path)
        return
    from coun_gui.reports.figures import save
    from coun_gui.reports.landing_figure import bars_figure, flow_figure

    flowing = view in (FLOW, CLUSTERS)
    save(flow_figure(table, clusters=view == CLUSTERS) if flowing else bars_figure(table), path)
