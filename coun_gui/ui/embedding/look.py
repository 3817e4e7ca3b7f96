"""How the samples are drawn: size, opacity, and the landmarks over them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSlider, QWidget


class LookForm(QWidget):
    """Tells of each change at once."""

    sizes_changed = Signal(float, float, float)  # size factors of retain and forget, opacity of retain
    landmarks_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.size_slider = _slider("map_point_size", "Size of retain samples", 40, 250, 100)
        self.forget_slider = _slider("map_forget_size", "Size of forget samples", 40, 250, 100)
        self.opacity_slider = _slider("map_opacity", "Opacity of retain samples", 10, 100, 65)
        self.names = QCheckBox("Class names at their centres")
        self.names.setObjectName("map_names")
        self.names.setChecked(True)
        self.outlines = QCheckBox("Density outlines of retain samples")
        self.outlines.setObjectName("map_outlines")
        self.outlines.setToolTip("Around 50 % and 90 % of each class's retain samples, up to 20 classes")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        sliders = (
            ("Retain size", self.size_slider),
            ("Retain opacity", self.opacity_slider),
            ("Forget size", self.forget_slider),
        )
        for row, (title, slider) in enumerate(sliders):
            grid.addWidget(QLabel(title), row, 0)
            grid.addWidget(slider, row, 1)
            slider.valueChanged.connect(self._sizes_changed)
        for row, box in enumerate((self.names, self.outlines), start=len(sliders)):
            grid.addWidget(box, row, 0, 1, 2)
            box.toggled.connect(lambda _: self.landmarks_changed.emit())

    def _sizes_changed(self) -> None:
        values = (self.size_slider, self.forget_slider, self.opacity_slider)
        self.sizes_changed.emit(*(slider.value() / 100 for slider in values))


def _slider(name: str, title: str, low: int, high: int, value: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName(name)
    slider.setAccessibleName(title)
    slider.setToolTip(title)
    slider.setRange(low, high)
    slider.setValue(value)
    slider.setMinimumWidth(152)
    return slider
