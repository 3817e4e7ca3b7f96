"""Sees to it that Qt finds the system's libraries and a font, which no Python package brings along.

What is missing is asked of the dynamic linker, not guessed from the distribution's name. As root on a
system with apt-get it is installed; elsewhere the one line to run is printed and the exit status is 1.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

MODULES = ("QtWidgets", "QtSvg", "QtSvgWidgets", "QtPrintSupport", "QtOpenGLWidgets", "QtTest")
FONT_PACKAGE = "fonts-dejavu-core"
_UNUSUAL_PACKAGES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libz.so.1": "zlib1g",
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
}
_COUNT_FONTS = (
    "import sys; from PySide6.QtGui import QFontDatabase, QGuiApplication;"
    "app = QGuiApplication(sys.argv); print(len(QFontDatabase.families()))"
)


def debian_package(soname: str) -> str:
    """The Debian package that holds a library: libfoo.so.1 is in libfoo1, libfoo2.so.1 in libfoo2-1."""
    if soname in _UNUSUAL_PACKAGES:
        return _UNUSUAL_PACKAGES[soname]
    name, _, version = soname.lower().partition(".so.")
    return f"{name}-{version}" if name[-1].isdigit() else name + version


def missing_in(ldd_output: str) -> set[str]:
    """The sonames that `ldd` reports as not found; Qt's own are found through its files' run path."""
    return set(re.findall(r"^\s*(\S+) => not found", ldd_output, flags=re.MULTILINE))


def qt_files(pyside: Path, *, xcb: bool, wayland: bool) -> list[Path]:
    """The files of the installed PySide6 whose libraries a session needs: modules and platform plugins."""
    platforms = ["offscreen"] + ["xcb"] * xcb + ["wayland"] * wayland
    modules = [pyside / f"{module}.abi3.so" for module in MODULES]
    return modules + [pyside / "Qt/plugins/platforms" / f"libq{name}.so" for name in platforms]


def missing_libraries(files: Iterable[Path]) -> set[str]:
    """The sonames that the dynamic linker doesn't find for these files."""
    ldd = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False)
    return missing_in(ldd.stdout)


def fonts_are_missing() -> bool:
    """Whether Qt, once it loads, knows no font: all text would be empty boxes."""
    offscreen = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ask = [sys.executable, "-c", _COUNT_FONTS]
    answer = subprocess.run(ask, env=offscreen, capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == "0"


def install(packages: list[str]) -> None:
    """Installs Debian packages as root; leaves the program with apt's own message where that fails."""
    print("Installing the system's packages that Qt needs:", *packages, flush=True)
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*apt, "update"], env=environment, check=False)
    done = subprocess.run(
        [*apt, "install", "-y", "--no-install-recommends", *packages], env=environment, check=False
    )
    if done.returncode:
        sys.exit("apt-get could not install them: its message is above.")


def demand(packages: list[str], reason: str) -> None:
    """Installs the packages, or ends the program with the line that the user has to run."""
    if shutil.which("apt-get") is None:
        sys.exit(f"Qt cannot start: {reason}. Install them, then make again.")
    if os.geteuid() != 0:
        line = f"sudo apt-get install -y {' '.join(packages)}"
        sys.exit(f"Qt cannot start: {reason}. Run this once, then make again:\n{line}")
    install(packages)


def main() -> None:
    """Checks, installs where it may, checks again."""
    if sys.platform != "linux":
        return
    found = importlib.util.find_spec("PySide6")
    if found is None or found.origin is None:
        sys.exit("PySide6 is not installed in this environment: run packaging/setup.sh first.")
    # A display decides which plugin Qt loads; root, who may install, gets X11's in any case.
    xcb = bool(os.environ.get("DISPLAY")) or os.geteuid() == 0
    files = qt_files(Path(found.origin).parent, xcb=xcb, wayland=bool(os.environ.get("WAYLAND_DISPLAY")))
    missing = missing_libraries(files)
    if missing:
        packages = sorted({debian_package(soname) for soname in missing} | {FONT_PACKAGE})
        demand(packages, f"libraries are missing ({', '.join(sorted(missing))})")
        if still := missing_libraries(files):
            sys.exit(f"Qt cannot start: still missing after the installation: {', '.join(sorted(still))}.")
    if fonts_are_missing():
        demand([FONT_PACKAGE], "there are no fonts")


if __name__ == "__main__":
    main()
