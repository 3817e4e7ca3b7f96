"""How the map is laid out: the method and those of its parameters that it reads."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from coun_gui.experiments.maps import MapSpec
from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.reports.names import LAYOUTS
from coun_gui.ui.setup.editors import NumberEdit, QuietCombo
from coun_gui.ui.setup.schema_form import SchemaForm
from coun_gui.ui.theme import set_role

# Besides the seed, which all of them read.
_READ = {"umap": ("neighbours", "min_dist"), "tsne": ("perplexity",), "pacmap": ("neighbours",), "pca": ()}
_WIDTH = 320


class MapForm(QWidget):
    """A form for each method; what is set in one stays while another is looked at."""

    asked = Signal(object, int, bool)  # EmbeddingSpec, samples at most, with frames

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(_WIDTH)
        self.method = QuietCombo()
        self.method.setObjectName("map_method")
        self.method.setAccessibleName("Map")
        for name, title in LAYOUTS.items():
            self.method.addItem(title, name)
        schema = EmbeddingSpec.model_json_schema()
        self.about = QLabel(schema["properties"]["method"].get("description", ""))
        self.about.setWordWrap(True)
        set_role(self.about, role="muted")
        every = set(schema["properties"])
        self.forms = {name: SchemaForm(schema, leave_out=every - {"seed", *_READ[name]}) for name in LAYOUTS}
        points = MapSpec.model_json_schema()
        points["properties"]["points"]["title"] = "Samples at most"
        self.points = SchemaForm(points, leave_out=set(points["properties"]) - {"points"})
        number = self.points.editor("points")
        assert isinstance(number, NumberEdit)
        _group(number)
        self.redraw = QPushButton("Redraw")
        self.redraw.setObjectName("map_redraw")
        self.redraw.setProperty("primary", True)
        self.redraw.clicked.connect(lambda: self._ask(frames=False))
        self.way = QPushButton("Show the way there")
        self.way.setObjectName("map_way")
        self.way.setToolTip("Redraws the map with the epochs in between, from Original to unlearned")
        self.way.clicked.connect(lambda: self._ask(frames=True))
        self._arrange()
        self.method.currentIndexChanged.connect(lambda _: self._show_form())
        for form in (*self.forms.values(), self.points):
            form.edited.connect(self._check)
        self._show_form()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.method, self.about, *self.forms.values(), self.points):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.way)
        row.addStretch()
        row.addWidget(self.redraw)
        column.addLayout(row)

    @property
    def form(self) -> SchemaForm:
        """Of the method that is picked."""
        return self.forms[self.method.currentData()]

    def show_spec(self, spec: MapSpec) -> None:
        """What the map on show was drawn with."""
        content = spec.embedding.model_dump()
        self.method.setCurrentIndex(self.method.findData(spec.embedding.method))
        for form in self.forms.values():
            form.set_content({key: content[key] for key in form.keys()})  # noqa: SIM118
        self.points.set_content({"points": spec.points})
        self._check()

    def content(self) -> dict[str, Any]:
        """Of the picked method; the parameters of the others stay as they are by default."""
        return {"method": self.method.currentData(), **self.form.content()}

    def _show_form(self) -> None:
        for form in self.forms.values():
            form.setVisible(form is self.form)
        self._check()
        popover = self.parentWidget()
        if popover is not None:
            popover.adjustSize()

    def _check(self) -> None:
        wrong = self.form.complaint() or self.points.complaint()
        for button in (self.redraw, self.way):
            button.setEnabled(not wrong)

    def _ask(self, frames: bool) -> None:
        points = self.points.content().get("points", MapSpec.model_fields["points"].default)
        self.asked.emit(EmbeddingSpec.model_validate(self.content()), points, frames)


def _group(number: NumberEdit) -> None:
    """Shows a large number as 20,000; while it is typed it stays as it is."""

    def group() -> None:
        value = number.value()
        if isinstance(value, int) and number.text() != f"{value:,}":
            number.setText(f"{value:,}")

    number.textChanged.connect(lambda _: None if number.isModified() else group())
    number.editingFinished.connect(group)
    group()
