"""From the form's content, which has the shape of the experiment file, to the experiment it stands for.

Back leads `written.content_of`; a form that was filled by it gives the same experiment back.
"""

from __future__ import annotations

from typing import Any

from coun_gui.experiments.spec import ExperimentSpec, parse_experiment
from coun_gui.reports.names import dataset_title, forget_title, title

Content = dict[str, Any]


def spec_from_form(content: Content) -> ExperimentSpec:
    """The experiment a form asks for; `InvalidSpec` with the field where something is wrong."""
    return parse_experiment(_without_empty(content))


def experiment_title(spec: ExperimentSpec) -> str:
    """The name given, or dataset, model and forget set in a few words."""
    if spec.name:
        return spec.name
    return " · ".join([dataset_title(spec.dataset), title(spec.model.name), forget_title(spec.forget)])


def _without_empty(content: Any) -> Any:
    """Without the keys that say nothing: None, and the empty text of a field that was left empty."""
    if isinstance(content, dict):
        return {
            key: _without_empty(value) for key, value in content.items() if value is not None and value != ""
        }
    if isinstance(content, list | tuple):
        return [_without_empty(value) for value in content]
    return content
