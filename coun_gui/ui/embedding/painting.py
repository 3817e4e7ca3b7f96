"""What the maps show in which colour: the mode, the preset, the legend's switches and the landmarks."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from coun_gui.experiments.maps import SampleMap
from coun_gui.reports.names import LAYOUTS
from coun_gui.ui.embedding import colouring, fates
from coun_gui.ui.embedding.density import TOO_MANY
from coun_gui.ui.embedding.fates import PRESETS
from coun_gui.ui.embedding.legend import Legend
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.toolbar import Toolbar
from coun_gui.ui.theme import tokens

_SAME_FOR_ALL = ("class", "forget")  # modes that colour a sample alike in every map


class Painting(QObject):
    """Keeps toolbar, legend and maps in agreement."""

    def __init__(self, toolbar: Toolbar, maps: MapRow, legend: Legend, parent: QObject) -> None:
        super().__init__(parent)
        self._toolbar, self._maps, self._legend = toolbar, maps, legend
        self._samples: SampleMap | None = None
        self._names: list[str] = []
        self._reference: str | None = None
        self._dark = False
        self._key: tuple[object, ...] = ()  # what the legend shows
        self._mode_before = ""  # a preset was picked
        toolbar.mode_changed.connect(lambda _: self.recolour())
        toolbar.preset_changed.connect(self._preset_changed)
        toolbar.look.sizes_changed.connect(maps.set_look)
        toolbar.look.landmarks_changed.connect(self._show_landmarks)
        legend.changed.connect(self.recolour)

    def show(self, samples: SampleMap, names: list[str], reference: str | None, dark: bool) -> None:
        """A map with the names of its classes and Retrain's run, if that is on it."""
        if samples is not self._samples:
            self._key = ()  # nothing of another map is switched off
        self._samples, self._names, self._reference, self._dark = samples, names, reference, dark
        self._toolbar.show_layout(LAYOUTS[samples.spec.embedding.method])
        for mode in colouring.MODES:
            self._toolbar.allow_mode(mode, colouring.why_not(samples, mode, reference))
        for name, preset in PRESETS.items():
            needs = preset.fate is not None and reference is None
            self._toolbar.allow_preset(name, fates.NEEDS_RETRAIN if needs else "")
        self.recolour()

    def _preset_changed(self, name: str) -> None:
        """A preset is seen in the colours that it is about; afterwards those from before come back."""
        self._toolbar.preset.setToolTip(PRESETS[name].tip)
        mode = self._toolbar.mode.currentData()
        if name != "all" and mode != "fate":
            self._mode_before = mode
            self._toolbar.pick_mode("fate")
        elif name == "all" and mode == "fate" and self._mode_before:
            self._toolbar.pick_mode(self._mode_before)
            self._mode_before = ""
        self.recolour()

    def recolour(self) -> None:
        """Colours and hides as it is set."""
        samples = self._samples
        if samples is None or not self._maps.open_columns:
            return
        mode = self._toolbar.mode.currentData()
        entries = colouring.entries(mode, self._names, self._dark)
        codes = {run: colouring.codes(samples, run, mode, self._reference) for run in self._maps.runs}
        self._fill_legend(samples, mode, entries, codes[self._counted_run(mode)])
        colours = {run: colouring.colours(code, entries) for run, code in codes.items()}
        self._maps.paint(colours, self._shown(samples, codes))
        self._show_landmarks()

    def _counted_run(self, mode: str) -> str:
        """Whose samples the legend counts: the last map's, which is the one that is looked at."""
        return self._maps.runs[0 if mode in _SAME_FOR_ALL else -1]

    def _shown(self, samples: SampleMap, codes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """bool [N] by run: what neither the legend nor the preset hides."""
        legend, hidden = self._legend, list(self._legend.hidden())
        kinds = np.array([legend.retain.isChecked(), legend.forget.isChecked()])[samples.forget.astype(int)]
        shown = {run: kinds & ~np.isin(code, hidden) if hidden else kinds for run, code in codes.items()}
        fate = PRESETS[self._toolbar.preset.currentData()].fate
        if fate is None or self._reference is None:
            return shown
        met = fates.in_preset(samples, self._maps.runs, self._reference, fate)
        return {run: each & met[run] for run, each in shown.items()}

    def _show_landmarks(self) -> None:
        look = self._toolbar.look
        by_class = self._toolbar.mode.currentData() == "class"
        hidden = self._legend.hidden() if by_class else set()
        if not self._legend.retain.isChecked():
            hidden = set(range(len(self._names)))  # there is nothing to name
        outlined, named = look.outlines.isChecked(), look.names.isChecked()
        self._maps.set_landmarks(outlined, named, self._names, hidden)

    def _fill_legend(
        self, samples: SampleMap, mode: str, entries: list[colouring.Entry], code: np.ndarray
    ) -> None:
        run = self._counted_run(mode)
        key = (mode, run, self._dark, *(entry.title for entry in entries))
        if key == self._key:
            return
        counts = colouring.counted(code, len(entries))
        if mode == "fate":  # retain samples have a switch of their own above
            entries, counts = entries[fates.SAME :], counts[fates.SAME :]
        same_lines = self._key[:1] == key[:1] and len(self._legend.rows) == len(entries)
        self._key = key
        if same_lines:
            self._legend.renew(entries, counts)
        else:
            self._legend.set_entries(entries, counts)
        forgotten = int(samples.forget.sum())
        self._legend.set_kinds(len(samples.forget) - forgotten, forgotten, tokens(self._dark)["muted"])
        self._legend.set_caption(self._caption(mode, run))

    def _caption(self, mode: str, run: str) -> str:
        told = [colouring.CAPTIONS.get(mode, "")]
        if mode == "agreement" and self._reference in self._maps.runs:
            told.append("Retrain itself is grey.")
        if self._samples is not None and len(self._samples.index) > TOO_MANY:
            told.append("Too many to draw one by one: a density, and samples where you zoom in.")
        if mode not in _SAME_FOR_ALL and len(self._maps.runs) > 1:
            title = next(column.choice.title for column in self._maps.open_columns if column.run == run)
            told.append(f"Counted in {title}.")
        return " ".join(part for part in told if part)
