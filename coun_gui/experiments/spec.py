"""What is asked for: the experiment file, and the description of each single run that follows from it.

`ExperimentSpec` is what a person writes (form or TOML); `RunSpec` is one training run, complete and resolved.
Nothing here imports torch: whether a method, model or dataset exists is checked by `plan.py`, which knows them.
"""

from __future__ import annotations

import hashlib
import json
import reprlib
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from coun_gui.errors import InvalidSpec, unknown
from coun_gui.unlearning.parameters import ContrastiveSpec, Parameters, TrainingSpec, UnlearningSpec

RUN_SCHEMA = 1
# Where an experiment names files: the table and the key.
FILES = (("dataset", "path"), ("forget", "file"), ("model", "checkpoint"))
ORIGINAL = "original"
RETRAIN = "retrain"


class Named(BaseModel):
    """Something picked by name, with parameters of its own beside the declared keys.

    The parameters are checked by whatever bears the name, since only that knows them.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @property
    def params(self) -> dict[str, Any]:
        """The keys that belong to the named thing itself."""
        return dict(self.model_extra or {})


class DatasetSpec(Named):
    """Where the images come from, and how many of them."""

    name: str = Field("digits", title="Dataset")
    subset: int | None = Field(
        None, ge=2, title="Training images", description="Use so many, balanced over the classes; empty: all."
    )
    test_subset: int | None = Field(
        None, ge=2, title="Test images", description="Use so many, balanced over the classes; empty: all."
    )
    subset_seed: int = Field(0, ge=0, title="Subset seed", description="Which images a subset takes.")

    @property
    def id(self) -> str:
        """Under which the loading of the dataset speaks."""
        return digest({"load": self.model_dump(mode="json")})


class ModelSpec(Named):
    """The architecture."""

    name: str = Field("small-cnn", title="Model")
    checkpoint: str | None = Field(
        None,
        title="Weights",
        json_schema_extra={"format": "file-path", "files": "Weights (*.safetensors *.pt *.pth)"},
        description="A .safetensors or .pt file: the Original takes its weights instead of being trained.",
    )


class ForgetSpec(Parameters):
    """Which training samples are to be forgotten."""

    kind: Literal["random", "class", "indices"] = Field("random", title="Forget")
    fraction: float | None = Field(
        None, gt=0, lt=1, title="Fraction", description="Share of the training set, or of the named classes."
    )
    classes: tuple[str, ...] = Field((), title="Classes")
    file: str | None = Field(None, title="Index file", description="One training index a line.")
    seed: int = Field(0, ge=0, title="Forget seed", description="Which samples a random choice takes.")

    @model_validator(mode="before")
    @classmethod
    def _tenth(cls, content: Any) -> Any:
        """A random forget set without a fraction takes a tenth."""
        if isinstance(content, dict) and content.get("kind", "random") == "random":
            given = content.get("fraction")
            return {**content, "fraction": 0.1 if given is None else given}
        return content

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "class" and not self.classes:
            raise ValueError('a class forget set needs classes = ["…"]')
        if self.kind == "indices" and not self.file:
            raise ValueError('an index forget set needs file = "…"')
        if self.kind != "random" and self.fraction is not None:
            raise ValueError('fraction belongs to kind = "random"')
        return self


TRAINING_KEYS = tuple(TrainingSpec.model_fields)


class MethodSpec(Named):
    """An unlearning method: its own parameters, the CL switch, and what it overrides of `[unlearning]`."""

    contrastive: ContrastiveSpec | None = None

    @property
    def params(self) -> dict[str, Any]:
        return {key: value for key, value in super().params.items() if key not in TRAINING_KEYS}

    @property
    def overrides(self) -> dict[str, Any]:
        """The training keys that this method sets for itself."""
        return {key: value for key, value in super().params.items() if key in TRAINING_KEYS}


class EvaluationSpec(Parameters):
    """How often the live metrics are computed. Doesn't change any result."""

    every: int = Field(1, ge=1, title="Evaluate every … epochs")


class EmbeddingSpec(Parameters):
    """How the 2-D map is drawn."""

    method: Literal["umap", "pca", "tsne", "pacmap"] = Field(
        "umap",
        title="Map",
        description="UMAP, t-SNE and PaCMAP keep neighbourhoods; PCA keeps large distances.",
    )
    seed: int = Field(0, ge=0, title="Map seed", description="Which samples are drawn, and how they start.")
    neighbours: int = Field(
        15, ge=5, le=100, title="Neighbours", description="UMAP and PaCMAP: few show detail, many the whole."
    )
    perplexity: float = Field(
        30.0, ge=5, le=100, title="Perplexity", description="t-SNE: how many neighbours count about."
    )
    min_dist: float = Field(
        0.1, ge=0, le=1, title="Minimum distance", description="UMAP: how densely neighbours are packed."
    )


class ExperimentSpec(Parameters):
    """A whole experiment: one dataset, model and forget set; several methods and seeds."""

    name: str = Field("", title="Name")
    seeds: tuple[int, ...] = Field((0,), min_length=1, title="Seeds")
    reference: bool = Field(True, title="Retrain", description="Compute Retrain, which every gap needs.")
    dataset: DatasetSpec = DatasetSpec()
    model: ModelSpec = ModelSpec()
    forget: ForgetSpec = ForgetSpec()
    training: TrainingSpec = TrainingSpec()
    unlearning: UnlearningSpec = UnlearningSpec()
    methods: tuple[MethodSpec, ...] = ()
    evaluation: EvaluationSpec = EvaluationSpec()
    embedding: EmbeddingSpec = EmbeddingSpec()

    @model_validator(mode="after")
    def _seeds(self) -> Self:
        if len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            raise ValueError("seeds must be different whole numbers from 0 up")
        return self

    @property
    def id(self) -> str:
        """Hash of everything asked for."""
        return digest(self.model_dump(mode="json", exclude_defaults=False))


class GivenWeights(Parameters):
    """An Original that isn't trained: where its weights lie, and what they are."""

    path: str
    hash: str


class RunSpec(Parameters):
    """One training run, resolved: every default filled in, data and forget set named by their hashes."""

    dataset: DatasetSpec
    dataset_fingerprint: str
    model: ModelSpec
    method: str
    params: dict[str, Any] = Field(default_factory=dict)
    contrastive: ContrastiveSpec | None = None
    training: TrainingSpec
    forget: ForgetSpec
    forget_hash: str
    seed: int
    original: str | None = Field(None, description="Run id of θ_o, where the method starts from it.")
    weights: GivenWeights | None = None
    evaluation: EvaluationSpec = EvaluationSpec()

    @property
    def epochs(self) -> int:
        """How many are trained; none where the weights are given."""
        return 0 if self.weights else self.training.epochs

    @property
    def id(self) -> str:
        """Hash of all that determines the weights, and of nothing else.

        The Original is trained on all of D, so the forget set is not part of what it is. Given weights are known
        by their content, wherever the file lies.
        """
        return digest(
            {
                "schema": RUN_SCHEMA,
                "data": self.dataset_fingerprint,
                "model": self.model.model_dump(mode="json"),
                "weights": self.weights and self.weights.hash,
                "method": self.method,
                "params": self.params,
                "contrastive": self.contrastive and self.contrastive.model_dump(mode="json"),
                "training": self.training.model_dump(mode="json"),
                "forget": None if self.method == ORIGINAL else self.forget_hash,
                "seed": self.seed,
                "original": self.original,
            }
        )


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """First 16 hex digits of the SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:16]


def read_toml(path: Path) -> ExperimentSpec:
    """The experiment in a TOML file; `InvalidSpec` with one sentence for whatever is wrong with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidSpec(f"There is no file {path}.", "Check the path of the experiment file.") from None
    except IsADirectoryError:
        raise InvalidSpec(f"{path} is a folder.", "Give the experiment file inside it.") from None
    except OSError as error:
        raise InvalidSpec(f"{path} can't be read: {error.strerror}.", "Check its permissions.") from None
    except UnicodeDecodeError:
        raise InvalidSpec(
            f"{path} is not a text file.", "An experiment is written in TOML, in UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidSpec(f"{path} is not valid TOML: {error}.", "Mend that line.") from None
    except RecursionError:
        raise InvalidSpec(f"{path} is not valid TOML: it is nested too deep.", "Mend the brackets.") from None
    return parse_experiment(_anchored(content, path.resolve().parent))


def _anchored(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With the files that it names found from where the experiment file lies, wherever the command is called."""
    anchored = dict(content)
    for table, key in FILES:
        named = content.get(table)
        value = named.get(key) if isinstance(named, dict) else None
        if isinstance(named, dict) and isinstance(value, str) and value and not value.startswith("~"):
            anchored[table] = {**named, key: str(folder / value)}
    return anchored


def parse_experiment(content: dict[str, Any]) -> ExperimentSpec:
    """Validates the structure; raises `InvalidSpec` naming the key, what is allowed and the nearest match."""
    try:
        return ExperimentSpec.model_validate(content)
    except ValidationError as error:
        raise invalid_spec(error, ExperimentSpec) from None


def invalid_spec(
    error: ValidationError, model: type[BaseModel], prefix: str = "", besides: tuple[str, ...] = ()
) -> InvalidSpec:
    """The first complaint of pydantic as one plain sentence.

    `prefix` is the path of `model` in the file; `besides` are the keys that are possible there as well.
    """
    first = error.errors()[0]
    location = [part for part in first["loc"] if isinstance(part, str | int)]
    path = ".".join(str(part) for part in [*([prefix] if prefix else []), *location])
    if first["type"] == "extra_forbidden":
        return unknown("key", str(location[-1]), [*_fields_at(model, location[:-1]), *besides], path)
    given = first.get("input")
    shown = ""
    if not isinstance(given, dict | BaseModel) and first["type"] != "missing":
        shown = f" (given: {reprlib.repr(given)})"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "model_type":  # pydantic names the class, which nobody outside the program knows
        message = "must be a table of keys"
    where = f"{path}: " if path else ""
    return InvalidSpec(f"{where}{message[0].lower()}{message[1:]}{shown}.", "", path)


def _fields_at(model: type[BaseModel], location: list[str | int]) -> list[str]:
    """The keys that are allowed at a place in the file."""
    for part in location:
        if isinstance(part, int):
            continue
        annotation: Any = model.model_fields[part].annotation
        options = [annotation, *getattr(annotation, "__args__", ())]
        model = next(o for o in options if isinstance(o, type) and issubclass(o, BaseModel))
    return list(model.model_fields)
