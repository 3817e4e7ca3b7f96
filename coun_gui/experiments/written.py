"""An experiment written as the file that `read_toml` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.spec import ExperimentSpec


def content_of(spec: ExperimentSpec) -> dict[str, Any]:
    """What leads to `spec`, in the shape of the file; keys that were left alone are absent.

    But for the contrastive module's, whose mere presence switches it on.
    """
    content = spec.model_dump(mode="json", exclude_defaults=True)
    for key, named in (("dataset", spec.dataset), ("model", spec.model)):
        content[key] = {"name": named.name, **content.get(key, {})}
    forget = {"kind": spec.forget.kind, **content.get("forget", {})}
    if spec.forget.fraction is not None:
        forget["fraction"] = spec.forget.fraction
    for written, method in zip(content.get("methods", []), spec.methods, strict=True):
        if method.contrastive is not None:
            written["contrastive"] = method.contrastive.model_dump()
    return {**content, "seeds": list(spec.seeds), "forget": forget}


def save_toml(spec: ExperimentSpec, path: Path, head: str = "") -> None:
    """Writes an experiment file, under `head` as a comment; `WorkspaceError` where that can't be done."""
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    try:
        path.write_text(comment + to_toml(spec), encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f"{path} can't be written: {error.strerror}.", "Choose another place.") from None


def to_toml(spec: ExperimentSpec) -> str:
    """The experiment as TOML: plain keys, then tables, then one `[[methods]]` each."""
    content = content_of(spec)
    methods = content.pop("methods", [])
    tables = {key: content.pop(key) for key in [key for key in content if isinstance(content[key], dict)]}
    blocks = [_lines(content)]
    blocks += [[f"[{name}]", *_lines(table)] for name, table in tables.items()]
    blocks += [["[[methods]]", *_lines(method)] for method in methods]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _lines(table: dict[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: Any) -> str:
    """Text, numbers, truth and lists look in TOML as in JSON; only tables differ."""
    if isinstance(value, dict):
        return "{ " + ", ".join(_lines(value)) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
