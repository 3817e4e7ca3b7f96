"""Selecting by a line of words, such as `true=8 pred=3 forget conf<0.5 or wrong agree>0.1`.

Terms beside each other must all hold; `or` begins another alternative. A term is a word (forget, wrong …) or a
figure compared with a value; `model.` before it names the model it is about. The line is read by the rules
below and never run.
"""

from __future__ import annotations

import operator
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from coun_gui.errors import CounError, unknown
from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding import fates

WORDS = {
    "forget": "is to be forgotten",
    "retain": "is retained",
    "right": "the model predicts the true class",
    "wrong": "the model predicts another class",
    "same": "the model predicts the class that Retrain does",
    "kept": "not forgotten: right where Retrain is wrong",
    "over": "over-forgotten: wrong where Retrain is right",
}
FIGURES = {
    "true": "true class, by name or number",
    "pred": "predicted class",
    "conf": "probability of the predicted class, 0…1",
    "score": "membership score, above 0: member",
    "agree": "JS divergence to Retrain in bits, 0: alike",
    "index": "training index",
}
_CLASSES = ("true", "pred")
_OF_SAMPLES = ("forget", "retain", "true", "index")  # what is known of a sample without any model
_COMPARE: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_TERM = re.compile(r"(?:(?P<model>[^.=<>!]+)\.)?(?P<key>[A-Za-z]+)(?:(?P<sign>!=|<=|>=|=|<|>)(?P<value>.+))?")


@dataclass(frozen=True)
class Term:
    """One condition. `model`: "" for the one that is meant unless another is named."""

    model: str
    key: str
    sign: str = ""
    value: str = ""


@dataclass(frozen=True)
class Subject:
    """What a query is about. models: name -> run; `run` is meant where none is named."""

    samples: SampleMap
    names: Sequence[str]
    models: Mapping[str, str]
    run: str
    reference: str | None = None


def parse(line: str) -> list[list[Term]]:
    """The alternatives of a query; raises `CounError` saying what can't be read."""
    try:
        words = shlex.split(line)
    except ValueError:
        raise CounError(
            "A quotation mark has no partner.", 'Write a name with spaces as "polar bear".'
        ) from None
    alternatives: list[list[Term]] = [[]]
    for word in words:
        if word.lower() == "or":
            alternatives.append([])
        else:
            alternatives[-1].append(_term(word))
    if not all(alternatives):
        raise CounError(
            "There is nothing to select by.", "Write a term such as forget or true=3 on each side of or."
        )
    return alternatives


def without_models(alternatives: list[list[Term]]) -> bool:
    """Whether a query can be answered for samples that no model was asked about."""
    return all(term.key in _OF_SAMPLES for terms in alternatives for term in terms)


def _term(word: str) -> Term:
    found = _TERM.fullmatch(word)
    if found is None:
        raise CounError(
            f"“{word}” can't be read.", "Write a word such as wrong, or a comparison such as conf<0.5."
        )
    key, sign = found["key"].lower(), found["sign"] or ""
    if key not in WORDS and key not in FIGURES:
        raise unknown("word", key, (*WORDS, *FIGURES))
    if key in WORDS and sign:
        raise CounError(f"“{key}” stands alone.", f"Write {key} without {sign}{found['value']}.")
    if key in FIGURES and not sign:
        raise CounError(
            f"“{key}” needs a value.", f"Compare it, as in {key}{'=3' if key != 'conf' else '<0.5'}."
        )
    return Term((found["model"] or "").lower(), key, sign, found["value"] or "")


def matching(alternatives: list[list[Term]], subject: Subject) -> np.ndarray:
    """bool [N]: the samples that meet all terms of at least one alternative; `CounError` for what can't be met."""
    met = [np.all([_holds(term, subject) for term in terms], axis=0) for terms in alternatives]
    found: np.ndarray = np.any(met, axis=0)
    return found


def _holds(term: Term, subject: Subject) -> np.ndarray:
    if term.model and term.model not in subject.models:
        raise unknown("model", term.model, subject.models)
    run = subject.models[term.model] if term.model else subject.run
    if term.key in WORDS:
        return _word(term.key, run, subject)
    values = _figure(term.key, run, subject)
    if term.sign in ("=", "!="):
        wanted = [_value(term, part, subject) for part in term.value.split(",")]
        found: np.ndarray = np.isin(values, wanted)
        return found if term.sign == "=" else ~found
    if term.key in _CLASSES:
        raise CounError(
            f"Classes have no order, so {term.key}{term.sign} means nothing.", f"Write {term.key}=…."
        )
    return _COMPARE[term.sign](values, _value(term, term.value, subject))


def _word(key: str, run: str, subject: Subject) -> np.ndarray:
    samples = subject.samples
    if key in ("forget", "retain"):
        return samples.forget if key == "forget" else ~samples.forget
    if key in ("right", "wrong"):
        found: np.ndarray = (samples.predicted[run] == samples.labels) == (key == "right")
        return found
    reference = _reference(subject)
    if key == "same":
        same: np.ndarray = samples.predicted[run] == samples.predicted[reference]
        return same
    fate: np.ndarray = fates.fates(samples, run, reference) == {"kept": fates.KEPT, "over": fates.OVER}[key]
    return fate


def _reference(subject: Subject) -> str:
    if subject.reference is None:
        raise CounError("Retrain is not on this map.", "Compute it, and draw the map again.")
    return subject.reference


def _figure(key: str, run: str, subject: Subject) -> np.ndarray:
    samples = subject.samples
    if key == "true":
        return samples.labels
    if key == "index":
        return samples.index
    kinds = {
        "pred": samples.predicted,
        "conf": samples.confidence,
        "score": samples.membership,
        "agree": samples.agreement,
    }
    if run not in kinds[key]:
        raise CounError(f"The map has no “{key}” for this model.", "Draw it again, or name another model.")
    return kinds[key][run]


def _value(term: Term, text: str, subject: Subject) -> float:
    """The number of a class, or a number."""
    if term.key in _CLASSES:
        lowered = [name.lower() for name in subject.names]
        if text.lower() in lowered:
            return lowered.index(text.lower())
        if not (text.isascii() and text.isdigit() and int(text) < len(lowered)):
            raise unknown("class", text, subject.names)
        return int(text)
    try:
        return float(text)
    except ValueError:
        raise CounError(f"“{text}” is not a number.", f"Write one, as in {term.key}{term.sign}0.5.") from None


def model_name(title: str) -> str:
    """How a model is named in a query: “NegGrad+ + CL · seed 0” is neggrad++cl."""
    return title.partition(" · ")[0].replace(" ", "").lower()


def subject(
    samples: SampleMap, names: Sequence[str], titles: Mapping[str, str], run: str, reference: str | None
) -> Subject:
    """titles: run -> title, of the models that can be named; of two with one name the first is meant."""
    models: dict[str, str] = {}
    for each, title in titles.items():
        models.setdefault(model_name(title), each)
    return Subject(samples, names, models, run, reference)
