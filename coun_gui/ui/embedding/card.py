"""What is known of one sample: its image, and what each model makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from coun_gui.ui.theme import present, set_role, small_font
from coun_gui.ui.widgets.elided_label import ElidedLabel

IMAGE = 56
LIKELY, LIKELY_OF_MANY = 3, 5  # classes a model, and where there are more than 20
LINE = 15
_GAP = 3  # pixels between models


@dataclass(frozen=True)
class Likely:
    """A class that a model holds possible. share: its softmax probability, 0…1; `true`: it is the true class."""

    name: str
    share: float
    true: bool


@dataclass(frozen=True)
class Verdict:
    """What one model makes of the sample, the likeliest class first."""

    title: str
    colour: str
    likely: tuple[Likely, ...]


@dataclass(frozen=True)
class Sample:
    """The sample to be shown."""

    index: int
    label: str
    forget: bool
    image: QPixmap
    verdicts: tuple[Verdict, ...]
    pinned: bool = False


class Verdicts(QWidget):
    """Each model's title, and a bar with name and probability for each of its likeliest classes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdicts: tuple[Verdict, ...] = ()
        self._models, self._likely = 3, LIKELY
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def make_room(self, models: int, likely: int) -> None:
        """For so many models with so many classes each."""
        self._models, self._likely = models, likely
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(80, self._models * (LINE * (self._likely + 1) + _GAP))

    def minimumSizeHint(self) -> QSize:
        """In a window that is too small, the likeliest class of each model is left."""
        return QSize(80, self._models * (2 * LINE + _GAP))

    def shown(self) -> int:
        """How many classes of each model there is room for."""
        fitting = (self.height() // max(1, self._models) - _GAP) // LINE - 1
        return min(max(1, fitting), self._likely)

    def show_verdicts(self, verdicts: tuple[Verdict, ...]) -> None:
        self.verdicts = verdicts
        self.setAccessibleName(". ".join(_spoken(verdict) for verdict in verdicts))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = present(), QPainter(self)
        painter.setFont(small_font(theme))
        top, shown = 0.0, self.shown()
        for verdict in self.verdicts:
            painter.setPen(QColor(theme["muted"]))
            title = painter.fontMetrics().elidedText(verdict.title, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(QRectF(0, top, self.width(), LINE), Qt.AlignmentFlag.AlignVCenter, title)
            for place, likely in enumerate(verdict.likely[:shown], start=1):
                self._draw_bar(painter, QRectF(0, top + place * LINE, self.width(), LINE), likely, verdict)
            top += LINE * (shown + 1) + _GAP
        painter.end()

    def _draw_bar(self, painter: QPainter, line: QRectF, likely: Likely, verdict: Verdict) -> None:
        theme, metrics = present(), painter.fontMetrics()
        room = line.adjusted(0, 0, 0, -1)
        painter.fillRect(room, QColor(theme["track"]))
        filled = QRectF(room)
        filled.setWidth(room.width() * min(max(likely.share, 0.0), 1.0))
        colour = QColor(verdict.colour)
        colour.setAlpha(90)  # the words on it stay legible
        painter.fillRect(filled, colour)
        text = room.adjusted(4, 0, -4, 0)
        painter.setPen(QColor(theme["text"]))
        share = f"{100 * likely.share:.1f} %"
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(text, right, share)
        left = int(text.width()) - metrics.horizontalAdvance(share) - 8
        name = f"{likely.name} ✓" if likely.true else likely.name
        name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, name)


def _spoken(verdict: Verdict) -> str:
    classes = (f"{likely.name} {100 * likely.share:.0f} %" for likely in verdict.likely)
    return f"{verdict.title}: {', '.join(classes)}"


class SampleCard(QWidget):
    """Keeps its size whatever it shows, so that nothing jumps while the pointer moves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sample_card")
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
        self.verdicts = Verdicts()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addLayout(top)
        column.addWidget(self.verdicts)
        column.addWidget(self.hint)
        column.addStretch()
        self.show_sample(None)

    def sizeHint(self) -> QSize:
        return QSize(168, IMAGE + 28 + self.verdicts.sizeHint().height())

    def hasHeightForWidth(self) -> bool:
        """The hint's words may wrap as they like: the height stays."""
        return False

    def set_models(self, count: int, likely: int = LIKELY) -> None:
        """Makes room for so many models, with so many classes each."""
        self.verdicts.make_room(count, likely)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(168, IMAGE + 28 + self.verdicts.minimumSizeHint().height())

    def show_sample(self, sample: Sample | None) -> None:
        """None: the hint instead."""
        self.sample = sample
        self.hint.setVisible(sample is None)
        for widget in (self.image, self.label, self.index, self.kind):
            widget.setVisible(sample is not None)
        self.verdicts.setVisible(sample is not None)
        self.verdicts.show_verdicts(sample.verdicts if sample else ())
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
