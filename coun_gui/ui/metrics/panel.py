"""Live curves: what each run reaches, epoch by epoch, against what Retrain ended with."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from coun_gui.experiments.events import Epoch, Event, Finished, Started
from coun_gui.experiments.spec import RunSpec
from coun_gui.reports.colours import method_colour
from coun_gui.ui.metrics.curves import GAP, KINDS, Curves, RunCurves, band
from coun_gui.ui.metrics.export import ask_and_save
from coun_gui.ui.metrics.grid import PlotGrid
from coun_gui.ui.metrics.legend import MethodLegend
from coun_gui.ui.session import Session
from coun_gui.ui.theme import set_role, tokens
from coun_gui.ui.widgets.empty_state import EmptyState
from coun_gui.ui.widgets.icons import TextIconButton

NO_EXPERIMENT = "No experiment in view. Start one, or open one from the list, and its curves are drawn here."
NO_EPOCHS = "No epoch yet. Curves appear with the first evaluated epoch."
SIDE = 160


class MetricsPanel(QWidget):
    """Listens to the session; redraws only the plots of runs that have news."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics_panel")
        self._session = session
        self._dark = False
        self._experiment = ""
        self._kind_chosen = False
        self.curves = Curves()
        self.redrawn = 0  # lines of one method in one plot that were drawn anew, since the start
        self.grid, self.legend = PlotGrid(), MethodLegend()
        self.legend.setFixedWidth(SIDE)
        self.empty = EmptyState("curves", NO_EXPERIMENT)
        self.empty.setObjectName("metrics_empty")
        self.note = QLabel()
        self.note.setObjectName("metrics_note")
        set_role(self.note, role="muted")
        self.export = TextIconButton("export", "Export")
        self.export.setObjectName("metrics_export")
        self.export.setToolTip("The curves as PNG, SVG or PDF")
        self.export.clicked.connect(lambda: ask_and_save(self, self._session))
        self.kinds = self._kind_buttons()
        self._arrange()
        self._connect()
        self._load()

    def _kind_buttons(self) -> dict[str, QPushButton]:
        group = QButtonGroup(self)
        buttons = {}
        for kind, title in KINDS.items():
            button = buttons[kind] = QPushButton(title)
            button.setObjectName(f"metrics_kind_{kind}")
            button.setProperty("segment", {"all": "first", "unlearning": "last"}.get(kind, "middle"))
            button.setCheckable(True)
            button.setToolTip(f"Show {'all runs' if kind == 'all' else f'{title} runs alone'}")
            strong = button.font()
            strong.setWeight(strong.Weight.DemiBold)  # as it is when picked: the row must not jump
            button.setMinimumWidth(QFontMetrics(strong).horizontalAdvance(title) + 28)
            button.clicked.connect(self._choose_kind)
            group.addButton(button)
        buttons["all"].setChecked(True)
        return buttons

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(0)
        for button in self.kinds.values():
            bar.addWidget(button)
        bar.addSpacing(16)
        bar.addWidget(self.note)
        bar.addStretch()
        bar.addWidget(self.export)
        self.content = QWidget()
        row = QHBoxLayout(self.content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.grid, 1)
        row.addWidget(self.legend)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 8, 16, 8)
        whole.setSpacing(8)
        whole.addLayout(bar)
        whole.addWidget(self.pages, 1)

    def _connect(self) -> None:
        session = self._session
        session.experiment_changed.connect(self._experiment_changed)
        session.records_changed.connect(self._load)
        session.live.connect(self._live)
        session.run_hovered.connect(self._run_hovered)
        session.epoch_shown.connect(self.grid.show_epoch)
        self.grid.hovered.connect(self._hover_group)
        self.legend.hovered.connect(self._hover_group)
        self.legend.changed.connect(self._show_states)

    # What there is

    def _experiment_changed(self) -> None:
        experiment = self._session.experiment
        shown = experiment.id if experiment else ""
        if shown != self._experiment:
            self._experiment = shown
            self._kind_chosen = False
            self.curves.clear()
            self._drop_groups(set())
            self._load()

    def _load(self) -> None:
        """Reads the records again: a run ended, or another experiment came into view."""
        if self._session.experiment is not None:
            self.curves.set_records(self._session.records(), self._session.workspace.runs())
        self._refresh(set(self.curves.runs))

    def _live(self, events: list[Event]) -> None:
        """Takes in what all running jobs told since the last time."""
        mine = set(self._session.experiment.runs) if self._session.experiment else set()
        changed = {event.run for event in events if event.run in mine and self._take(event)}
        if changed:
            self._refresh(changed)

    def _take(self, event: Event) -> bool:
        """Whether the event changes a curve."""
        match event:
            case Started():
                spec = self._spec(event.run)
                if spec is not None:
                    self.curves.begin(event.run, spec, event.epoch)
                return spec is not None
            case Epoch():
                spec = self._spec(event.run)
                if spec is not None:
                    run = self.curves.runs.setdefault(event.run, RunCurves(event.run, spec))
                    run.add(event.epoch, event.metrics, event.losses)
                return spec is not None
            case Finished():
                if event.run in self.curves.runs:
                    self.curves.runs[event.run].done = True
                return event.run in self.curves.runs
        return False

    def _spec(self, run: str) -> RunSpec | None:
        known = self.curves.runs.get(run)
        if known is not None:
            return known.spec
        try:
            request: dict[str, Any] = self._session.queue.job(run).request
        except KeyError:
            return None
        return RunSpec.model_validate(request["spec"])

    # Drawing

    def _refresh(self, changed: set[str]) -> None:
        """Draws what changed; `changed` are run ids."""
        has_epochs = any(run.metrics for run in self.curves.runs.values())
        self.empty.sentence.setText(NO_EPOCHS if self._session.experiment else NO_EXPERIMENT)
        self.pages.setCurrentWidget(self.content if has_epochs else self.empty)
        done = any(run.done and run.kind == "unlearning" for run in self.curves.runs.values())
        self.export.setEnabled(done)
        self.export.setToolTip(
            "The curves as PNG, SVG or PDF" if done else "A figure needs a finished method."
        )
        if not has_epochs:
            return
        self._pick_kind()
        for plot in self.grid.set_quantities(self.curves.quantities()):
            plot.dress(tokens(self._dark), method_colour("retrain", dark=self._dark))
            changed = set(self.curves.runs)
        groups = self.curves.groups()
        self._drop_groups(set(groups))
        self.grid.titles = self.curves.titles()
        self._fill_legend(groups)
        for key, runs in groups.items():
            if changed.intersection(run.id for run in runs):
                self._draw(key, runs)
        self._show_states()

    def _draw(self, key: str, runs: list[RunCurves]) -> None:
        colour = self._colour(runs)
        for quantity, plot in self.grid.plots.items():
            series = [self.curves.series(run, quantity) for run in runs]
            plot.group(key, colour).show(series, band(series))
            self.redrawn += 1

    def _drop_groups(self, kept: set[str]) -> None:
        for plot in self.grid.plots.values():
            for gone in set(plot.groups) - kept:
                plot.drop(gone)

    def _fill_legend(self, groups: dict[str, list[RunCurves]]) -> None:
        experiment = self._session.experiment
        seeds = len(experiment.spec.seeds) if experiment else 1
        for key, runs in groups.items():
            self.legend.set_row(key, self.grid.titles[key], self._colour(runs), _progress(runs, seeds))
        self.legend.keep(list(groups))

    def _colour(self, runs: list[RunCurves]) -> str:
        spec = runs[0].spec
        return method_colour(spec.method, spec.contrastive is not None, self._dark)

    def _show_states(self) -> None:
        """Visibility, targets and ranges."""
        kind = self.kind
        shown = {
            key: self.legend.shown(key) and kind in ("all", runs[0].kind)
            for key, runs in self.curves.groups().items()
        }
        for key, row in self.legend.rows.items():
            row.setVisible(kind in ("all", self.curves.groups()[key][0].kind))
        why = self.curves.why_no_gap()
        for quantity, plot in self.grid.plots.items():
            for key, lines in plot.groups.items():
                lines.set_state(shown.get(key, False), lines.emphasised)
            plot.set_target(self.curves.target(quantity))
            nothing = not any(lines.lines() for lines in plot.groups.values())
            plot.set_note(why if quantity == GAP and nothing else "Nothing to show" if nothing else "")
            plot.fit()
        self.note.setText(why)

    # Which runs

    @property
    def kind(self) -> str:
        """all, original, retrain or unlearning."""
        return next(kind for kind, button in self.kinds.items() if button.isChecked())

    def show_kind(self, kind: str) -> None:
        self.kinds[kind].setChecked(True)
        self._show_states()

    def _choose_kind(self) -> None:
        self._kind_chosen = True
        for plot in self.grid.plots.values():
            plot.fit(force=True)
        self._show_states()

    def _pick_kind(self) -> None:
        """Until the user picks: unlearning as soon as there is some; long Originals would squash it."""
        if not self._kind_chosen:
            any_method = any(run.kind == "unlearning" and run.metrics for run in self.curves.runs.values())
            self.kinds["unlearning" if any_method else "all"].setChecked(True)

    # The method under the pointer

    def _hover_group(self, key: str | None) -> None:
        runs = self.curves.groups().get(key or "", [])
        self._session.run_hovered.emit(runs[0].id if runs else "")

    def _run_hovered(self, run: str) -> None:
        """Here or in another panel."""
        key = self.curves.runs[run].group if run in self.curves.runs else None
        self.legend.emphasise(key)
        for plot in self.grid.plots.values():
            for each, lines in plot.groups.items():
                lines.set_state(lines.visible, each == key)

    def set_dark(self, dark: bool) -> None:
        """Colours for a dark or a light ground."""
        self._dark = dark
        groups = self.curves.groups()
        for plot in self.grid.plots.values():
            plot.dress(tokens(dark), method_colour("retrain", dark=dark))
            for key, lines in plot.groups.items():
                lines.set_colour(self._colour(groups[key]))
        if groups and self.grid.plots:
            self._fill_legend(groups)


def _progress(runs: list[RunCurves], seeds: int) -> str:
    """How many of the seeds are done, or the epoch of the one that runs."""
    open_runs = [run for run in runs if not run.done]
    if not open_runs:
        if len(runs) < seeds:
            return f"{len(runs)}/{seeds} seeds"
        return f"{len(runs)} seeds" if len(runs) > 1 else "done"
    epochs = open_runs[-1].spec.training.epochs
    return f"{open_runs[-1].last_epoch} / {epochs}"
