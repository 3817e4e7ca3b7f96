"""The Experiment panel: what is to be computed, what that comes to, and Start."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from coun_gui.errors import CounError
from coun_gui.experiments.spec import (
    EmbeddingSpec,
    EvaluationSpec,
    ExperimentSpec,
    TrainingSpec,
    UnlearningSpec,
)
from coun_gui.ui.actions import ACTIVE, jobs_of, start_experiment
from coun_gui.ui.session import Session
from coun_gui.ui.setup.choice import ChoiceSection, DatasetSection
from coun_gui.ui.setup.estimate import Questions
from coun_gui.ui.setup.footer import Footer
from coun_gui.ui.setup.forget import ForgetSection
from coun_gui.ui.setup.form import Content, form_from_spec, spec_from_form
from coun_gui.ui.setup.methods import MethodsSection
from coun_gui.ui.setup.presets import first_experiment
from coun_gui.ui.setup.schema_form import SchemaForm
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.fold import Fold

_STARTING = "The experiment is being planned."
_RUNNING = "This experiment is running already; see Jobs."


class SetupPanel(QWidget):
    """The form. `spec()` and `set_spec()` are each other's inverse."""

    spec_changed = Signal()

    def __init__(self, session: Session, start: QAction, parent: QWidget | None = None) -> None:
        """`start` is the action that starts what the form asks for; this panel enables and explains it."""
        super().__init__(parent)
        self._session = session
        self._start = start
        self._named: tuple[str, ExperimentSpec | None] = ("", None)
        self._described: dict[str, Any] = {}
        self._forgotten: dict[str, Any] = {}
        self._refused: dict[str, CounError] = {}
        self._asked_to_start = False
        self._lost = ""  # why there is no engine
        self.questions = Questions(session, self)
        self._build()
        self._connect()
        self.set_capabilities()
        self.set_spec(first_experiment())

    # Building

    def _build(self) -> None:
        self.setObjectName("setup_panel")
        self.dataset = DatasetSection()
        self.model = ChoiceSection("Model")
        self.forget = ForgetSection()
        self.methods = MethodsSection()
        self.training = SchemaForm(TrainingSpec.model_json_schema(), reset=True)
        self.unlearning = SchemaForm(UnlearningSpec.model_json_schema(), reset=True)
        self.evaluation = SchemaForm(EvaluationSpec.model_json_schema())
        self.embedding = SchemaForm(EmbeddingSpec.model_json_schema())
        views = QWidget()
        column = QVBoxLayout(views)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.evaluation)
        column.addWidget(self.embedding)
        self.folds = {
            "training": Fold("Training of Original and Retrain", self.training, heading=True),
            "unlearning": Fold("Unlearning, all methods", self.unlearning, heading=True),
            "evaluation": Fold("Evaluation and map", views, heading=True),
        }
        self.footer = Footer(self._session, self._start)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scrolled(), 1)
        outer.addWidget(self.footer)

    def _scrolled(self) -> QScrollArea:
        inside = QWidget()
        set_role(inside, role="panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 4, 16)  # the scroll bar is the rest of the right margin
        column.setSpacing(8)
        sections = [self.dataset, self.model, self.forget, self.methods]
        for number, section in enumerate(sections):
            if number:
                column.addWidget(_rule())
            column.addWidget(section)
        column.addWidget(_rule())
        for fold in self.folds.values():
            column.addWidget(fold)
        column.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside.setMinimumWidth(0)
        inside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        return area

    def _connect(self) -> None:
        forms = (self.training, self.unlearning, self.evaluation, self.embedding)
        for part in (self.dataset, self.model, self.forget, self.methods, self.footer, *forms):
            part.edited.connect(self._edited)
        session, questions = self._session, self.questions
        session.capabilities_changed.connect(self.set_capabilities)
        session.desk.ready.connect(lambda _capabilities: self._engine(""))
        session.desk.lost.connect(lambda sentence, remedy: self._engine(f"{sentence} {remedy}".strip()))
        session.workspace_changed.connect(questions.ask_again)
        session.records_changed.connect(self._progressed)
        session.queue.added.connect(self._progressed)
        session.queue.changed.connect(self._progressed)
        session.queue.idle.connect(questions.ask_again)
        questions.asking.connect(self._asking)
        questions.described.connect(self._show_description)
        questions.forgotten.connect(self._show_forgotten)
        questions.planned.connect(self._show_plan)
        questions.refused.connect(self._show_refusal)

    def set_capabilities(self) -> None:
        """Fills the lists with what there is."""
        capabilities = self._session.capabilities
        self.dataset.set_choices(capabilities.get("datasets", []))
        self.model.set_choices(capabilities.get("models", []))
        self.methods.set_choices(capabilities.get("methods", []))
        self.footer.set_devices(capabilities.get("devices", []))
        self._edited()

    # Content

    def content(self) -> Content:
        """What the form says, in the shape of the experiment file."""
        return {
            "seeds": list(self.footer.seeds()),
            "reference": self.methods.reference.isChecked(),
            "dataset": self.dataset.content(),
            "model": self.model.content(),
            "forget": self.forget.content(),
            "training": self.training.content(),
            "unlearning": self.unlearning.content(),
            "methods": self.methods.content(),
            "evaluation": self.evaluation.content(),
            "embedding": self.embedding.content(),
        }

    def spec(self) -> ExperimentSpec:
        """The experiment; `InvalidSpec` with the field where the form is incomplete.

        A name that came with a specification lasts until something else is asked for.
        """
        spec = spec_from_form(self.content())
        name, meant = self._named
        return spec.model_copy(update={"name": name}) if meant == spec else spec

    def set_spec(self, spec: ExperimentSpec) -> None:
        """Fills the form."""
        content = form_from_spec(spec)
        self.dataset.set_content(content["dataset"])
        self.model.set_content(content["model"])
        self.forget.set_content(content["forget"])
        self.methods.set_reference(spec.reference)
        self.methods.set_content(content.get("methods", []))
        for name in ("training", "unlearning", "evaluation", "embedding"):
            getattr(self, name).set_content(content.get(name, {}))
        self.footer.set_seeds(spec.seeds)
        self._named = (spec.name, spec.model_copy(update={"name": ""}))
        self._edited()

    def start(self) -> None:
        """Starts what the form asks for, where it can be started."""
        if self.reason():
            return
        self._asked_to_start = True
        self._update()
        start_experiment(
            self._session,
            self.spec(),
            self.footer.device(),
            lambda _experiment: self._started(),
            self._not_started,
        )

    def reason(self) -> str:
        """Why the experiment can't be started; empty where it can."""
        if self._asked_to_start:
            return _STARTING
        if self._lost:
            return self._lost
        local = self._complaint()
        if local:
            return local
        if self._refused:
            return str(next(iter(self._refused.values())))
        active = any(job.state in ACTIVE for job in jobs_of(self._session, self.spec().id))
        return _RUNNING if active else ""

    def _complaint(self) -> str:
        if not self._session.capabilities:
            return "The engine is starting; what can be computed isn't known yet."
        parts = (
            self.dataset,
            self.model,
            self.forget,
            self.methods,
            self.training,
            self.unlearning,
            self.footer,
        )
        for part in parts:
            if complaint := part.complaint():
                return complaint
        try:
            self.spec()
        except CounError as error:
            return str(error)
        return ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.forget.thumbnails.updateGeometry()

    # What happens

    def _edited(self) -> None:
        self._clear_errors()
        self._refused.clear()
        defaults = UnlearningSpec.model_fields
        given = self.unlearning.content()
        self.methods.set_inherited({key: given.get(key, field.default) for key, field in defaults.items()})
        self.questions.ask(None if self._complaint() else self.spec())
        if self.forget.complaint():
            self.forget.show_waiting("")
        self._update()
        self.spec_changed.emit()

    def _update(self) -> None:
        reason = self.reason()
        self._start.setEnabled(not reason)
        self._start.setToolTip(reason or "Start the experiment (Ctrl+Return)")
        self.footer.show_reason(reason, quiet=reason in (_RUNNING, _STARTING))

    def _engine(self, lost: str) -> None:
        """One is up again, or none can be had."""
        if self._lost and not lost:
            self.questions.ask_again()
        self._lost = lost
        self._update()

    def _progressed(self, *_what: object) -> None:
        self._update()

    def _started(self) -> None:
        self._asked_to_start = False
        self._update()

    def _not_started(self, error: CounError) -> None:
        self._asked_to_start = False
        self._show_refusal("plan", error)

    def _asking(self, kind: str) -> None:
        if kind == "describe":
            self._described = {}
            self.dataset.show_waiting("Reading the dataset …")
        elif kind == "forget":
            self.forget.show_waiting("Drawing the forget set …")
        else:
            self.footer.show_estimate("Estimating …")

    def _show_description(self, answer: dict[str, Any]) -> None:
        self._described = answer
        self.dataset.show_description(answer)
        self.forget.show_classes(answer["classes"], answer["counts"])
        if self._forgotten:
            self.forget.show_answer(self._forgotten, answer)

    def _show_forgotten(self, answer: dict[str, Any]) -> None:
        self._forgotten = answer
        self.forget.show_answer(answer, self._described)

    def _show_plan(self, answer: dict[str, Any]) -> None:
        self._refused.pop("plan", None)
        self.footer.show_plan(answer)
        self._update()

    def _show_refusal(self, kind: str, error: CounError) -> None:
        """Says it beside the field it belongs to, or above Start."""
        self._refused[kind] = error
        if kind == "describe":
            self.dataset.show_waiting("")
        if kind == "forget":
            self.forget.show_waiting("")
        if kind == "plan":
            self.footer.show_estimate("")
        self._place_error(error)
        self._update()

    def _place_error(self, error: CounError) -> None:
        section, *path = error.field.split(".") if error.field else [""]
        text = str(error)
        if section == "methods":
            self.methods.show_error(path, text)
        elif section in ("dataset", "model", "forget"):
            getattr(self, section).show_error(path[-1] if path else "", text)
        elif section in ("training", "unlearning", "evaluation", "embedding") and path:
            getattr(self, section).show_error(path[-1], text)
            self.folds.get(section, self.folds["evaluation"]).unfold()

    def _clear_errors(self) -> None:
        for part in (self.dataset, self.model, self.forget, self.methods):
            part.clear_errors()
        for form in (self.training, self.unlearning, self.evaluation, self.embedding):
            form.check()


def _rule() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    set_role(line, role="rule")
    return line
