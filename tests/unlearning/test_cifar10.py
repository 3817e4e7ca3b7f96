"""CIFAR-10's binary records, and the download of published archives."""

from __future__ import annotations

import hashlib
import http.client
import io
import tarfile
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_data import result, told

from coun_gui.errors import DataError
from coun_gui.unlearning.datasets import cifar10
from coun_gui.unlearning.datasets.cifar10 import ARCHIVE, SIZE, TEST, TRAIN, Cifar10, Cifar10Params, records
from coun_gui.unlearning.datasets.download import CHUNK, fetch, read_members
from coun_gui.unlearning.images import checked


def record(label: int, red: int, green: int, blue: int) -> bytes:
    """One image of a single colour, as published: the label, then 1,024 bytes a colour plane."""
    return bytes([label]) + bytes([red]) * 1024 + bytes([green]) * 1024 + bytes([blue]) * 1024


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def small_cifar(path: Path) -> Path:
    """An archive as published, with two images a training batch and three test images."""
    members = {name: record(k, 10 * k, 1, 2) + record(k + 5, 3, 4, 5) for k, name in enumerate(TRAIN)}
    members[TEST[0]] = record(0, 6, 6, 6) + record(9, 7, 7, 7) + record(4, 8, 8, 8)
    return archive(path, {f"cifar-10-batches-bin/{name}": content for name, content in members.items()})


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# records


def test_a_record_is_a_label_and_three_colour_planes() -> None:
    images, labels = records(record(3, 255, 128, 0) + record(9, 1, 2, 3))
    assert labels.tolist() == [3, 9]
    assert labels.dtype == np.int64
    assert images.shape == (2, 32, 32, 3)
    assert images.dtype == np.uint8
    assert (images[0] == [255, 128, 0]).all()
    assert (images[1] == [1, 2, 3]).all()


def test_pixels_run_along_the_rows() -> None:
    plane = bytes(range(256)) * 4  # pixel (y, x) has the value 32 y + x, modulo 256
    images, _ = records(b"\x00" + plane + bytes(2048))
    assert images[0, 0, 5, 0] == 5
    assert images[0, 3, 7, 0] == 3 * 32 + 7
    assert images[0, 3, 7, 1] == 0


@pytest.mark.parametrize("length", [1, 3072, 3074, 2 * 3073 - 1])
def test_records_that_are_cut_short_are_refused(length: int) -> None:
    with pytest.raises(DataError, match="cut short"):
        records(bytes(length))


def test_the_source_reads_all_five_batches_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = small_cifar(tmp_path / ARCHIVE)
    monkeypatch.setattr(cifar10, "SHA256", sha256(file))
    data = checked(result(Cifar10(Cifar10Params()).load(tmp_path)))
    assert data.train_labels.tolist() == [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]
    assert data.train_images[::2, 0, 0, 0].tolist() == [0, 10, 20, 30, 40]
    assert data.test_labels.tolist() == [0, 9, 4]
    assert data.test_images[:, 31, 31, 2].tolist() == [6, 7, 8]
    assert data.class_names[9] == "truck"
    assert data.augmentation.padding == 4
    assert data.augmentation.flip


def test_the_download_is_announced_only_while_it_is_missing(tmp_path: Path) -> None:
    source = Cifar10(Cifar10Params(path=str(tmp_path)))
    assert source.download_size(Path("unused")) == SIZE
    (tmp_path / ARCHIVE).touch()
    assert source.download_size(Path("unused")) == 0


def test_an_absent_archive_is_downloaded_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = small_cifar(tmp_path / "published.tar.gz")
    monkeypatch.setattr(cifar10, "SHA256", sha256(published))
    monkeypatch.setattr(cifar10, "URL", published.as_uri())
    kept = tmp_path / "kept"
    assert len(result(Cifar10(Cifar10Params(path=str(kept))).load(tmp_path)).train_images) == 10
    assert [file.name for file in kept.iterdir()] == [ARCHIVE]


# fetch


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A file of two and a half chunks at a file:// address."""
    folder = tmp_path / "published"
    folder.mkdir()
    path = folder / "data.bin"
    path.write_bytes(np.random.default_rng(0).bytes(5 * CHUNK // 2))
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "data.bin"


def left(target: Path) -> list[str]:
    return [file.name for file in target.parent.iterdir()] if target.parent.exists() else []


def test_a_download_tells_its_share_of_the_whole(published: Path, target: Path) -> None:
    progress = told(fetch(published.as_uri(), target, sha256(published)))
    assert [each.share for each in progress] == pytest.approx([0, 0.4, 0.8, 1])
    assert {each.stage for each in progress} == {"downloading data.bin"}
    assert target.read_bytes() == published.read_bytes()
    assert left(target) == ["data.bin"]


def test_a_file_that_is_there_is_not_downloaded_again(published: Path, target: Path) -> None:
    result(fetch(published.as_uri(), target, sha256(published)))
    assert told(fetch("http://127.0.0.1:1/data.bin", target, sha256(published))) == []


def test_a_damaged_file_is_replaced(published: Path, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"damaged")
    result(fetch(published.as_uri(), target, sha256(published)))
    assert target.read_bytes() == published.read_bytes()


def test_a_wrong_checksum_is_refused_and_nothing_is_left(published: Path, target: Path) -> None:
    with pytest.raises(DataError, match="checksum is wrong") as error:
        result(fetch(published.as_uri(), target, "0" * 64))
    assert "Try again" in error.value.remedy
    assert left(target) == []


def test_a_download_that_is_stopped_leaves_nothing(published: Path, target: Path) -> None:
    work = fetch(published.as_uri(), target, sha256(published))
    next(work)
    next(work)
    work.close()
    assert left(target) == []


def test_without_a_network_the_sentence_says_where_to_put_the_file(target: Path) -> None:
    with pytest.raises(DataError) as error:
        result(fetch("http://127.0.0.1:1/data.bin", target, "0" * 64))
    assert error.value.sentence.startswith("data.bin can't be downloaded (")
    assert f"put the file at {target} by hand" in error.value.remedy
    assert error.value.field == "dataset.path"
    assert left(target) == []


def _broken(error: Exception) -> Any:
    class Response(io.BytesIO):
        headers: dict[str, str] = {}  # noqa: RUF012

        def read(self, *_: Any) -> bytes:
            raise error

    return lambda *_args, **_options: Response()


FAILURES = [
    TimeoutError("timed out"),
    ConnectionResetError("reset by peer"),
    http.client.IncompleteRead(b"half"),
    http.client.BadStatusLine("login to this network"),
    OSError(28, "No space left on device"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_download_that_breaks_off_is_a_sentence_and_leaves_nothing(
    target: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", _broken(failure))
    with pytest.raises(DataError, match=r"data\.bin can't be downloaded"):
        result(fetch("https://example.org/data.bin", target, "0" * 64))
    assert left(target) == []


def test_a_folder_that_cannot_be_made_is_a_sentence(published: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError) as error:
        result(fetch(published.as_uri(), tmp_path / "file" / "data.bin", sha256(published)))
    assert str(tmp_path / "file") in str(error.value)


# archives


def test_members_are_found_in_any_folder_of_the_archive(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar.gz", {"one/x.bin": b"x", "y.bin": b"y", "z.bin": b"z"})
    assert read_members(path, ("x.bin", "y.bin")) == {"x.bin": b"x", "y.bin": b"y"}


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar.gz", {"x.bin": b"x"})
    with pytest.raises(DataError, match=r"a\.tar\.gz doesn't contain y\.bin"):
        read_members(path, ("x.bin", "y.bin"))


def test_members_that_point_out_of_the_archive_write_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    folder.mkdir(parents=True)
    path = archive(
        folder / "a.tar.gz",
        {"../../evil.bin": b"evil", f"{tmp_path}/worse.bin": b"worse", "x.bin": b"x"},
    )
    assert read_members(path, ("x.bin",)) == {"x.bin": b"x"}
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


def test_links_are_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            member = tarfile.TarInfo("x.bin")
            member.type, member.linkname = kind, str(secret)
            tar.addfile(member)
    with pytest.raises(DataError, match=r"doesn't contain x\.bin"):
        read_members(path, ("x.bin",))
