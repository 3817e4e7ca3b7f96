"""The `coun` command. Scripts depend on what it takes, prints and exits with."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import coun_gui
from coun_gui.errors import CounError, unknown
from coun_gui.threads import wait_without_spinning

DONE, RUN_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. 0 done, 1 a run failed, 2 bad input, 130 interrupted (and resumable)."""
    options = _parser().parse_args(arguments)
    wait_without_spinning()
    try:
        code = int(options.command(options))
        sys.stdout.flush()  # here, where a reader that has gone is dealt with, not as Python ends
        return code
    except CounError as error:
        print(f"coun: {_one_line(error)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("coun: interrupted; `coun resume` goes on from here.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _one_line(error: CounError) -> str:
    """The sentence and the remedy; what a file smuggles in of line breaks and terminal codes is left out."""
    return "".join(sign if sign.isprintable() else " " for sign in str(error))


def window() -> int:
    """The `coun-gui` command: opens the window."""
    from coun_gui.ui.app import run_window

    parser = argparse.ArgumentParser("coun-gui", description="Machine-unlearning experiments in a window.")
    parser.add_argument("--workspace", type=Path, help="folder of the runs (default: the one used last)")
    options = parser.parse_args()
    try:
        return run_window(options.workspace)
    except CounError as error:
        print(f"coun-gui: {_one_line(error)}", file=sys.stderr)
        return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("coun", description="Machine-unlearning experiments.")
    parser.add_argument("--version", action="version", version=f"coun {coun_gui.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(command=run)
        return added

    def workspace(added: argparse.ArgumentParser) -> None:
        added.add_argument("--workspace", type=Path, required=True, metavar="DIR", help="folder of the runs")

    def running(added: argparse.ArgumentParser) -> None:
        added.add_argument("--device", default="auto", help="auto, cpu or cuda:N (default: auto)")
        added.add_argument(
            "--events", choices=("plain", "jsonl"), default="plain", help="form of the progress"
        )

    demo = command(
        "demo", _demo, "the digits demo: three seeds of Retrain, FT and CoUn, with table, plots and map"
    )
    demo.add_argument(
        "--out", type=Path, default=Path("coun-demo"), metavar="DIR", help="(default: coun-demo)"
    )

    run = command(
        "run", _run, "runs an experiment file; what the workspace has already is not computed again"
    )
    run.add_argument("spec", type=Path, metavar="SPEC.toml")
    workspace(run)
    running(run)

    resume = command("resume", _resume, "finishes what was interrupted in a workspace")
    workspace(resume)
    running(resume)

    search = command(
        "search",
        _search,
        "tries settings of each method and writes an experiment file with those nearest to Retrain",
    )
    search.add_argument("spec", type=Path, metavar="SPEC.toml")
    workspace(search)
    search.add_argument(
        "--trials", type=_positive, default=8, metavar="N", help="of each method (default: 8)"
    )
    search.add_argument(
        "--out", type=Path, required=True, metavar="FOUND.toml", help="what `coun run` is to compute"
    )
    running(search)

    map = command("map", _map, "draws the 2-D map of an experiment, which the window and `coun export` show")
    workspace(map)
    map.add_argument("--experiment", metavar="NAME", help="which one (default: the newest)")
    map.add_argument(
        "--layout", choices=("umap", "tsne", "pacmap", "pca"), help="(default: the experiment's)"
    )
    map.add_argument("--points", type=int, metavar="N", help="training samples at most (default: 20000)")
    map.add_argument("--epochs", action="store_true", help="with the way over the epochs of unlearning")
    running(map)

    results = command("results", _results, "the result table")
    workspace(results)
    formats = ("table", "csv", "json", "md", "tex", "html")
    results.add_argument("--format", choices=formats, default="table")
    results.add_argument("--paper", action="store_true", help="with the paper's figures beside ours")
    results.add_argument("--out", type=Path, metavar="FILE", help="write here instead of printing")

    export = command("export", _export, "an experiment's tables and figures in one folder, with a manifest")
    workspace(export)
    export.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where they go")
    export.add_argument("--experiment", metavar="NAME", help="which one (default: the newest)")
    export.add_argument("--paper", action="store_true", help="with the paper's figures beside ours")

    runs = command("runs", _runs, "the single runs of a workspace")
    workspace(runs)
    runs.add_argument("--format", choices=("table", "json"), default="table")

    for name in ("methods", "datasets", "models"):
        listing = command(name, _listing, f"the {name} there are, with parameters, bounds and citations")
        listing.set_defaults(kind=name)
    command("doctor", _doctor, "versions, devices, paths and free space, and what is wrong with them")
    return parser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 up")
    return int(text)


def _demo(options: argparse.Namespace) -> int:
    from coun_gui.ui.demo import run_demo

    return run_demo(options.out)


def _run(options: argparse.Namespace) -> int:
    from coun_gui.computing import compute
    from coun_gui.experiments.spec import read_toml

    return RUN_FAILED if compute([read_toml(options.spec)], options) else DONE


def _search(options: argparse.Namespace) -> int:
    from coun_gui.computing import compute_search
    from coun_gui.experiments.spec import read_toml

    spec = read_toml(options.spec)
    _check_out(options.out)
    return RUN_FAILED if compute_search(spec, options) else DONE


def _resume(options: argparse.Namespace) -> int:
    from coun_gui.computing import compute
    from coun_gui.experiments.workspace import Workspace

    with Workspace(options.workspace) as opened:
        specs = [experiment.spec for experiment in opened.experiments()]
    return RUN_FAILED if compute(specs, options) else DONE


def _map(options: argparse.Namespace) -> int:
    from coun_gui.computing import compute_map
    from coun_gui.experiments.workspace import Workspace

    with Workspace(options.workspace) as opened:
        chosen = _experiment(opened.experiments(), options.experiment)
        try:
            return RUN_FAILED if compute_map(opened, chosen, options) else DONE
        except KeyboardInterrupt:
            print("coun: interrupted; no map was kept.", file=sys.stderr)
            return INTERRUPTED


def _results(options: argparse.Namespace) -> int:
    from coun_gui.experiments.workspace import Workspace
    from coun_gui.reports.rows import result_rows
    from coun_gui.reports.tables import export

    with Workspace(options.workspace) as opened:
        _print(export(result_rows(opened), options.format, options.paper), options.out)
        _complain(opened.problems)
    return DONE


def _export(options: argparse.Namespace) -> int:
    from coun_gui.experiments.workspace import Workspace
    from coun_gui.reports.bundle import write_bundle, write_manifest

    with Workspace(options.workspace) as opened:
        chosen = _experiment(opened.experiments(), options.experiment)
        left_out: list[str] = []
        names = write_bundle(opened, chosen, options.out, options.paper, left_out)
        write_manifest(opened, chosen, options.out, names, left_out=left_out)
        _complain(opened.problems)
    print(f"{len(names) + 1} files lie in {options.out}.")
    if left_out:
        print(f"The paper's figure: {' '.join(left_out)}")
    return DONE


def _experiment(known: Sequence[Any], name: str | None) -> Any:
    """The newest of that name, or of all."""
    named = [each for each in known if name in (None, each.spec.name)]
    if not known:
        raise CounError(
            "The workspace holds no experiment.", "Run one first: coun run SPEC.toml --workspace DIR."
        )
    if not named:
        raise unknown("experiment", str(name), [each.spec.name for each in known])
    return named[-1]


def _runs(options: argparse.Namespace) -> int:
    from coun_gui.experiments.workspace import Workspace

    with Workspace(options.workspace) as opened:
        records = opened.runs()
        if options.format == "json":
            _print(json.dumps([record.as_json() for record in records], indent=1, ensure_ascii=False), None)
        else:
            for record in records:
                done = f"{record.epoch}/{record.spec.epochs}"
                print(
                    f"{record.id}  {record.spec.method:10} seed {record.spec.seed:<4} {record.status:11} {done}"
                )
        _complain(opened.problems)
    return DONE


def _print(text: str, out: Path | None) -> None:
    if out is None:
        print(text)
        return
    from coun_gui.experiments.record import replacing

    _check_out(out)
    with replacing(out) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _check_out(out: Path) -> None:
    if out.is_dir():
        raise CounError(f"{out} is a folder.", "Give a file inside it.")
    if not out.parent.is_dir():
        raise CounError(f"There is no folder {out.parent}.", "Create it, or give another path.")


def _complain(problems: Sequence[str]) -> None:
    for problem in problems:
        print(f"coun: skipped: {problem}", file=sys.stderr)


def _listing(options: argparse.Namespace) -> int:
    from coun_gui.experiments.capabilities import choices

    for choice in choices()[options.kind]:
        print(f"{choice['name']}: {choice['title']}")
        for line in filter(None, (choice["help"], choice["citation"])):
            print(f"    {line}")
        for line in _parameters(choice["schema"]):
            print(f"    {line}")
    return DONE


def _parameters(schema: dict[str, Any]) -> Iterator[str]:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    for name, field in schema.get("properties", {}).items():
        parts = [field, *field.get("anyOf", ())]
        bounds = [f"{sign} {part[key]:g}" for part in parts for key, sign in signs.items() if key in part]
        default = json.dumps(field.get("default"))
        yield (
            f"{name} = {default}"
            + (f" ({', '.join(bounds)})" if bounds else "")
            + f"  {field.get('description', '')}"
        )


def _doctor(options: argparse.Namespace) -> int:
    from coun_gui.experiments.doctor import diagnose

    report = diagnose()
    for line in report.facts:
        print(line)
    for line in report.troubles:
        print(f"! {line}")
    print("Nothing is wrong." if not report.troubles else f"{len(report.troubles)} to mend.")
    return DONE if not report.troubles else RUN_FAILED
