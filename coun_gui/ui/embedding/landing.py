"""Landing: where each model puts the forget set or the selection; asked of an engine while it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from coun_gui.errors import CounError
from coun_gui.experiments.maps import SampleMap
from coun_gui.reports.landing_table import LandingTable, landing_table
from coun_gui.ui.embedding.flow import FlowView
from coun_gui.ui.embedding.landing_model import CLUSTERS, FLOW, View
from coun_gui.ui.embedding.landing_rows import LandingRows
from coun_gui.ui.session import Session
from coun_gui.ui.theme import set_role

_PAUSE = 150  # ms after the last change of the selection
_VIEWS = {
    View.BARS.value: ("Bars", "Predicted classes as bars, with the difference to Retrain"),
    View.SHARES.value: ("Shares", "The share of each predicted class in %, with the difference to Retrain"),
    FLOW: ("Flow to class", "From the true classes to the predicted ones"),
    CLUSTERS: (
        "Flow to cluster",
        "From the true classes to the retain clusters whose centroid is nearest in feature space",
    ),
    View.DISTANCES.value: (
        "Distances",
        "Mean distance to each retain cluster, as in the paper's table 4",
    ),
}
_SCOPES = {"forget": "Forget set", "selection": "Selection"}
_NOTHING = "Nothing is selected: draw around samples, or write a query."


class LandingBar(QWidget):
    """What is shown, and of which samples."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views = _combo(
            "landing_view", "How it is shown", {name: words[0] for name, words in _VIEWS.items()}
        )
        for place, (_, tip) in enumerate(_VIEWS.values()):
            self.views.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        self.scopes = _combo("landing_scope", "Which samples", _SCOPES)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.views)
        row.addWidget(self.scopes)
        row.addStretch()

    @property
    def view(self) -> str:
        """A value of `View`, FLOW or CLUSTERS."""
        return str(self.views.currentData())

    def pick(self, view: str) -> None:
        self.views.setCurrentIndex(self.views.findData(view))

    @property
    def scope(self) -> str:
        return str(self.scopes.currentData())

    def allow_selection(self, any_selected: bool) -> None:
        """What is empty can't be picked, and says why."""
        item = self.scopes.model().item(1)
        item.setEnabled(any_selected)
        item.setToolTip("" if any_selected else _NOTHING)


class LandingPane(QWidget):
    """Asks only while it is in view; `table` is what was answered last, None while there is nothing."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landing_pane")
        self._session = session
        self._samples: SampleMap | None = None
        self._titles: dict[str, str] = {}
        self._asked: dict[str, Any] = {}  # the question whose answer is shown, or on its way
        self._ask_id: int | None = None
        self.table: LandingTable | None = None
        self.bar = LandingBar()
        self.rows, self.flow, self.note = LandingRows(), FlowView(), QLabel()
        self.note.setWordWrap(True)
        self.note.setContentsMargins(8, 8, 8, 8)
        set_role(self.note, role="muted")
        self.flow_area = QScrollArea()
        self.flow_area.setWidgetResizable(True)
        self.flow_area.setWidget(self.flow)
        self.pages = QStackedWidget()
        for page in (self.note, self.rows, self.flow_area):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PAUSE)
        self._soon.timeout.connect(self.ask_now)
        session.selection_changed.connect(self._selection_changed)
        self.bar.views.currentIndexChanged.connect(lambda _: self._show())
        self.bar.scopes.currentIndexChanged.connect(lambda _: self.ask_now())
        self._selection_changed()

    def show_map(self, samples: SampleMap, titles: Mapping[str, str]) -> None:
        """The runs of a map, in the order of `titles`."""
        if samples is not self._samples or dict(titles) != self._titles:
            self._samples, self._titles = samples, dict(titles)
            self._forget_answer()
            self._ask_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._claim_room()
        self.ask_now()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.setMinimumHeight(0)

    def _claim_room(self) -> None:
        """All that is to be seen at once needs more height than the other pages."""
        if self.isVisible():
            self.setMinimumHeight(max(self.rows.least_height(), self.flow.sizeHint().height() + 12))

    def _selection_changed(self) -> None:
        self.bar.allow_selection(len(self._session.selection) > 0)
        if self.bar.scope == "selection":
            self._ask_soon()

    def _ask_soon(self) -> None:
        if self.isVisible():
            self._soon.start()

    def _question(self) -> dict[str, Any]:
        assert self._samples is not None
        question: dict[str, Any] = {
            "ask": "landing",
            "workspace": str(self._session.workspace.path),
            "runs": list(self._titles),
            "forget_hash": self._samples.spec.forget_hash,
        }
        if self.bar.scope == "selection":
            question["indices"] = self._session.selection.tolist()
        return question

    def ask_now(self) -> None:
        """Asks what is to be shown, unless that is known or on its way."""
        self._soon.stop()
        if self._samples is None or not self.isVisible():
            return
        question = self._question()
        if question == self._asked:
            self._show()
            return
        self._forget_answer()
        if question.get("indices") == []:
            self._tell(_NOTHING)
            return
        self._asked = question
        self._tell("Counting where the samples land …")
        self._ask_id = self._session.desk.ask(question, self._answered, self._refused)

    def _forget_answer(self) -> None:
        if self._ask_id is not None:
            self._session.desk.drop(self._ask_id)
        self._ask_id, self._asked, self.table = None, {}, None

    def _answered(self, answer: dict[str, Any]) -> None:
        self._ask_id = None
        self.table = landing_table(answer, self._titles)
        self._show()

    def _refused(self, error: CounError) -> None:
        self._ask_id, self._asked = None, {}
        self._tell(str(error))

    def _tell(self, text: str) -> None:
        self.note.setText(text)
        self.pages.setCurrentIndex(0)

    def _show(self) -> None:
        if self.table is None:
            return
        view = self.bar.view
        self.bar.views.setToolTip(_VIEWS[view][1])
        flowing = view in (FLOW, CLUSTERS)
        if flowing:
            self.flow.show_table(self.table, clusters=view == CLUSTERS)
        else:
            self.rows.show_table(self.table, View(view))
        self.pages.setCurrentIndex(2 if flowing else 1)
        self._claim_room()


def _combo(name: str, title: str, entries: Mapping[str, str]) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(title)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    for value, text in entries.items():
        combo.addItem(text, value)
    return combo
