"""The Experiment panel: what is to be computed, what that comes to, and Start."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from coun_gui.errors import CounError
from coun_gui.experiments.spec import (
    ExperimentSpec,
)
from coun_gui.experiments.written import content_of
from coun_gui.ui.actions import ACTIVE, jobs_of, start_experiment
from coun_gui.ui.session import Session
from coun_gui.ui.setup.download import Download
from coun_gui.ui.setup.estimate import Questions
from coun_gui.ui.setup.experiment_form import ExperimentForm
from coun_gui.ui.setup.footer import Footer
from coun_gui.ui.setup.form import Content, spec_from_form
from coun_gui.ui.setup.presets import first_experiment
from coun_gui.ui.theme import set_role

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
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._update)
        self.questions = Questions(session, self)
        self._build()
        self._connect()
        self.set_spec(first_experiment())  # first, so that every row is built once, as it is to be
        self.set_capabilities()

    def _build(self) -> None:
        self.setObjectName("setup_panel")
        set_role(self, role="panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.form = ExperimentForm()
        self.dataset, self.forget = self.form.dataset, self.form.forget
        self.download = Download(self._session)
        self.dataset.column.insertWidget(3, self.download)  # below what is wrong
        self.footer = Footer(self._session, self._start)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.form, 1)
        outer.addWidget(self.footer)

    def _connect(self) -> None:
        self.form.edited.connect(self._edited)
        self.footer.edited.connect(self._edited)
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
        questions.estimated.connect(self.footer.show_cost)
        questions.refused.connect(self._show_refusal)

    def set_capabilities(self) -> None:
        """Fills the lists with what there is."""
        capabilities = self._session.capabilities
        self.form.set_choices(capabilities)
        self.footer.set_devices(capabilities.get("devices", []))
        self._edited()

    # Content

    def content(self) -> Content:
        """What the panel says, in the shape of the experiment file."""
        return {"seeds": list(self.footer.seeds()), **self.form.content()}

    def spec(self) -> ExperimentSpec:
        """The experiment; `InvalidSpec` with the field where the form is incomplete.

        A name that came with a specification lasts until something else is asked for.
        """
        spec = spec_from_form(self.content())
        name, meant = self._named
        return spec.model_copy(update={"name": name}) if meant == spec else spec

    def set_spec(self, spec: ExperimentSpec) -> None:
        """Fills the form."""
        self.form.set_content(content_of(spec))
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
            self.footer.at_once(),
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
        if complaint := self.form.complaint():
            return complaint
        try:
            self.spec()
        except CounError as error:
            return str(error)
        return ""

    # What happens

    def _edited(self) -> None:
        self.form.clear_errors()
        self._refused.clear()
        self.form.pass_on_defaults()
        self.questions.ask(None if self._complaint() else self.spec(), self.footer.device())
        if self.forget.complaint():
            self.forget.show_waiting("")
        self._update()
        self.spec_changed.emit()

    def _update(self) -> None:
        reason = self.reason()
        self._start.setEnabled(not reason)
        self._start.setToolTip(reason or "Start the experiment (Ctrl+Return)")
        waiting = any(error.field == "dataset.download" for error in self._refused.values())
        self.footer.show_reason(reason, quiet=waiting or reason in (_RUNNING, _STARTING))

    def _engine(self, lost: str) -> None:
        """One is up again, or none can be had."""
        if self._lost and not lost:
            self.questions.ask_again()
        self._lost = lost
        self._update()

    def _progressed(self, *_what: object) -> None:
        """Many jobs may change at once; whether Start can be pressed is worked out once."""
        self._soon.start()

    def _started(self) -> None:
        self._asked_to_start = False
        self._update()

    def _not_started(self, error: CounError) -> None:
        self._asked_to_start = False
        self._show_refusal("plan", error)

    def _asking(self, kind: str) -> None:
        if kind == "describe":
            self._described = {}
            self.download.hide()
            self.dataset.show_waiting("Reading the dataset …")
        elif kind == "forget":
            self._forgotten = {}
            self.forget.show_waiting("Drawing the forget set …")
        elif kind == "plan":
            self.footer.show_estimate("Estimating …")
        else:
            self.footer.show_cost({})

    def _show_description(self, answer: dict[str, Any]) -> None:
        self._described = answer
        self._refused.pop("describe", None)
        self.download.hide()
        self.dataset.show_description(answer)
        self.forget.show_classes(answer["classes"], answer["counts"])
        if self._forgotten:
            self.forget.show_answer(self._forgotten, answer)
        self._update()

    def _show_forgotten(self, answer: dict[str, Any]) -> None:
        self._forgotten = answer
        self._refused.pop("forget", None)
        self.forget.show_answer(answer, self._described)
        self._update()

    def _show_plan(self, answer: dict[str, Any]) -> None:
        self._refused.pop("plan", None)
        self.footer.show_plan(answer)
        self._update()

    def _show_refusal(self, kind: str, error: CounError) -> None:
        """Says it beside the field it belongs to, or above Start."""
        if kind == "estimate":
            return  # what it complains of, the plan complains of too
        self._refused[kind] = error
        missing = error.field == "dataset.download"  # nothing is wrong: it only has to be fetched
        if missing:
            self.download.offer(self.spec().dataset)
        if kind == "describe":
            self.dataset.show_waiting(error.sentence if missing else "")
        if kind == "forget":
            self.forget.show_waiting("")
        if kind == "plan":
            self.footer.show_estimate("")
        if not missing:
            self.form.show_error(error)
        self._update()
