"""What is known of one sample: its image, and what each model makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from coun_gui.ui.theme import present, set_role
from coun_gui.ui.widgets.elided_label import ElidedLabel

IMAGE = 72
MODELS = 4


@dataclass(frozen=True)
class Verdict:
    """One model's prediction. confidence: 0…1; `right`: it is the true class."""

    title: str
    colour: str
    predicted: str
    confidence: float
    right: bool


@dataclass(frozen=True)
class Sample:
    """The sample to be shown."""

    index: int
    label: str
    forget: bool
    image: QPixmap
    verdicts: tuple[Verdict, ...]
    pinned: bool = False


class _Bar(QWidget):
    """A confidence as a thin bar."""

    def __init__(self) -> None:
        super().__init__()
        self.share, self.colour = 0.0, "#808080"
        self.setFixedHeight(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(present()["track"]))
        painter.drawRect(self.rect())
        painter.setBrush(QColor(self.colour))
        painter.drawRect(QRectF(0, 0, self.width() * self.share, self.height()))
        painter.end()


class _VerdictRow:
    """The widgets of one model: title, prediction, confidence and its bar."""

    def __init__(self, grid: QGridLayout, row: int) -> None:
        self.title, self.predicted, self.confidence, self.bar = ElidedLabel(), ElidedLabel(), QLabel(), _Bar()
        set_role(self.title, role="muted")
        self.confidence.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.title, 3 * row, 0, 1, 2)
        grid.addWidget(self.predicted, 3 * row + 1, 0)
        grid.addWidget(self.confidence, 3 * row + 1, 1)
        grid.addWidget(self.bar, 3 * row + 2, 0, 1, 2)
        grid.setRowMinimumHeight(3 * row + 2, 10)

    def show(self, verdict: Verdict | None) -> None:
        for widget in (self.title, self.predicted, self.confidence, self.bar):
            widget.setVisible(verdict is not None)
        if verdict is None:
            return
        self.title.set_text(verdict.title)
        self.predicted.set_text(f"{verdict.predicted} {'✓' if verdict.right else '✗'}")
        self.confidence.setText(f"{100 * verdict.confidence:.1f} %")
        self.bar.share, self.bar.colour = verdict.confidence, verdict.colour
        self.bar.update()


class SampleCard(QWidget):
    """Keeps its size whatever it shows, so that nothing jumps while the pointer moves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sample_card")
        self._models = 3
        self.sample: Sample | None = None
        self.image = QLabel()
        self.image.setFixedSize(IMAGE, IMAGE)
        self.image.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label, self.index, self.kind = ElidedLabel(), QLabel(), QLabel()
        set_role(self.label, role="heading")
        for quiet in (self.index, self.kind):
            set_role(quiet, role="muted")
        facts = QVBoxLayout()
        facts.setSpacing(2)
        for fact in (self.label, self.index, self.kind):
            facts.addWidget(fact)
        facts.addStretch()
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.image)
        top.addLayout(facts, 1)
        self.hint = QLabel("Point at a sample to see it here. Click pins it in all maps.")
        self.hint.setWordWrap(True)
        set_role(self.hint, role="muted")
        grid = QGridLayout()
        grid.setSpacing(2)
        grid.setColumnStretch(0, 1)
        self._rows = [_VerdictRow(grid, row) for row in range(MODELS)]
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addLayout(top)
        column.addLayout(grid)
        column.addWidget(self.hint)
        column.addStretch()
        self.show_sample(None)

    def sizeHint(self) -> QSize:
        return QSize(168, IMAGE + 32 + 46 * self._models)

    def hasHeightForWidth(self) -> bool:
        """The hint's words may wrap as they like: the height stays."""
        return False

    def set_models(self, count: int) -> None:
        """Makes room for so many predictions."""
        self._models = count
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_sample(self, sample: Sample | None) -> None:
        """None: the hint instead."""
        self.sample = sample
        self.hint.setVisible(sample is None)
        for widget in (self.image, self.label, self.index, self.kind):
            widget.setVisible(sample is not None)
        verdicts = sample.verdicts if sample else ()
        for place, row in enumerate(self._rows):
            row.show(verdicts[place] if place < len(verdicts) else None)
        if sample is None:
            return
        self.label.set_text(sample.label)
        self.index.setText(f"index {sample.index:,}")
        self.kind.setText(
            ("◆ forget" if sample.forget else "● retain") + (" · pinned" if sample.pinned else "")
        )
        if sample.image.isNull():
            self.image.setText("no image")
        else:
            self.image.setPixmap(sample.image)
