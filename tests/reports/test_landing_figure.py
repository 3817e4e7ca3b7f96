"""The landing table as figures: what they show, and that they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.container import BarContainer

from coun_gui.errors import CounError
from coun_gui.reports.figures import save
from coun_gui.reports.landing_figure import bars_figure, flow_figure
from coun_gui.reports.landing_table import LandingRow, LandingTable

SHARES = ((0.0, 75.0, 25.0), (50.0, 50.0, 0.0))
ROWS = (
    LandingRow(
        "r", "Retrain · seed 0", SHARES[0], None, None, None, None, ((0, 1, 3), (0, 2, 1)), None, None
    ),
    LandingRow(
        "c", "CoUn · seed 0", SHARES[1], 1.0, 1.0, 50.0, 0.1, ((0, 0, 2), (0, 1, 2)), None, ((0, 2, 4),)
    ),
)
TABLE = LandingTable(("cat", "dog", "ship $5"), 4, "r", ROWS, None)


def test_the_bars_are_as_long_as_the_shares_and_stand_beside_each_other() -> None:
    (axes,) = bars_figure(TABLE).axes
    parts = [container.patches[0] for container in axes.containers if isinstance(container, BarContainer)]
    assert [part.get_width() for part in parts] == [*SHARES[0], *SHARES[1]]
    assert [part.get_x() for part in parts] == [0, 0, 75, 0, 50, 100]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["Retrain · seed 0", "CoUn · seed 0"]
    assert "n = 4" in axes.get_xlabel()


def test_a_flow_has_a_panel_a_model_and_a_band_a_pair_of_classes() -> None:
    panels = flow_figure(TABLE).axes
    ribbons = [[patch for patch in axes.patches if patch.get_alpha() == 0.5] for axes in panels]
    assert [len(made) for made in ribbons] == [2, 2]


def test_the_flow_to_clusters_is_another_and_empty_where_there_are_no_distances() -> None:
    figure = flow_figure(TABLE, clusters=True)
    assert [len(axes.patches) for axes in figure.axes] == [0, 3]
    assert "nearest retain cluster" in figure.legends[0].get_title().get_text()


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_they_are_written_in_every_format(tmp_path: Path, kind: str) -> None:
    for name, figure in (("bars", bars_figure(TABLE)), ("flow", flow_figure(TABLE))):
        save(figure, tmp_path / f"{name}.{kind}")
        assert (tmp_path / f"{name}.{kind}").stat().st_size > 1000


def test_without_models_there_is_nothing_to_draw() -> None:
    with pytest.raises(CounError, match="no models"):
        bars_figure(LandingTable(("cat",), 0, None, (), None))
