"""The `coun` command is a contract: what it refuses, in one line, with nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import QUICK, refused

from coun_gui.cli import main
from coun_gui.experiments.workspace import Workspace


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("seeds =", "sedes ="), "Did you mean “seeds”?"),
        (('name = "digits"', 'name = "digit"'), "Did you mean “digits”?"),
        (('name = "ft"', 'name = "fft"'), "Did you mean “ft”?"),
        (("epochs = 1", "epochs = 0"), "unlearning.epochs"),
        (("epochs = 1", "epochs = one"), "is not valid TOML"),
        (("subset = 200", "subset = 20000"), "more than the 1,442 there are"),
        (
            ("[training]", '[forget]\nkind = "class"\nclasses = ["truck"]\n[training]'),
            "Unknown class “truck”",
        ),
        (("[training]", '[forget]\nkind = "indices"\nfile = "/nowhere"\n[training]'), "can't be read"),
        (("seeds =", '"two\\nlines and \\u001b[31mred" = 1\nseeds ='), "Unknown key"),
    ],
)
def test_a_wrong_experiment_is_one_line_and_nothing_is_written(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], words: str
) -> None:
    quick.write_text(QUICK.replace(*change), "utf-8")

    assert words in refused(capsys, "run", quick, "--workspace", tmp_path / "workspace")
    assert list(tmp_path.iterdir()) == [quick]


def test_a_missing_experiment_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "run", tmp_path / "none.toml", "--workspace", tmp_path / "workspace")

    assert "There is no file" in said
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_is_not_there_is_one_line(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "run", quick, "--workspace", tmp_path / "workspace", "--device", "cuda:99")

    assert "There is no device “cuda:99” here. Possible: auto, cpu" in said
    assert list(tmp_path.iterdir()) == [quick]


def test_a_folder_of_somebody_else_is_left_alone(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "holds other files" in refused(capsys, "run", quick, "--workspace", tmp_path)
    assert list(tmp_path.iterdir()) == [quick]


def test_a_workspace_in_use_is_one_line(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Workspace(tmp_path / "workspace", writable=True):
        said = refused(capsys, "run", quick, "--workspace", tmp_path / "workspace")

    assert "is open in another window or command" in said


@pytest.mark.parametrize("command", ["results", "runs", "resume"])
def test_what_is_no_workspace_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert "is not a workspace" in refused(capsys, command, "--workspace", tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_no_place_to_write_the_table_is_one_line(
    computed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ("results", "--workspace", computed, "--out")

    assert f"There is no folder {tmp_path / 'none'}." in refused(capsys, *there, tmp_path / "none" / "table")
    assert f"{tmp_path} is a folder." in refused(capsys, *there, tmp_path)


@pytest.mark.parametrize(
    "arguments", [[], ["frobnicate"], ["run"], ["results", "--workspace", ".", "--format", "docx"]]
)
def test_an_unknown_command_or_option_is_bad_input(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: coun" in capsys.readouterr().err
