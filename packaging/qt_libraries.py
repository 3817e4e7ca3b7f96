"""Sees to it that Qt finds the system's libraries and a font, which no Python package brings along.

What is missing is asked of the dynamic linker, not guessed from the distribution's name. As root on a
system with apt-get it is installed; elsewhere the one line to run is printed and the exit status is 1.
Only what this session needs stops it: without a display, Qt's offscreen plugin is enough.
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
from typing import NoReturn

MODULES = ("QtWidgets", "QtSvg", "QtSvgWidgets", "QtPrintSupport", "QtOpenGLWidgets", "QtTest")
FONT_PACKAGE = "fonts-dejavu-core"
_UNUSUAL_PACKAGES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libz.so.1": "zlib1g",
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
}
# The list of font families is no answer: without a single font file it still names three aliases.
_CAN_WRITE = (
    "import sys; from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication;"
    "app = QGuiApplication(sys.argv); print(QFontMetrics(QFont()).inFont('a'))"
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
    """Whether Qt loads but has no font: all text would be empty boxes."""
    offscreen = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ask = [sys.executable, "-c", _CAN_WRITE]
    answer = subprocess.run(ask, env=offscreen, capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == "False"


def packages_of(sonames: Iterable[str]) -> list[str]:
    """The Debian packages of the libraries, with a font in any case."""
    return sorted({debian_package(soname) for soname in sonames} | {FONT_PACKAGE})


def may_install() -> bool:
    """Whether this process is allowed to install Debian packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Installs Debian packages; whether that helped, the caller looks for himself."""
    print("Installing the system's packages that Qt needs:", *packages, flush=True)
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*apt, "update"], env=quiet, check=False)
    subprocess.run([*apt, "install", "-y", "--no-install-recommends", *packages], env=quiet, check=False)


def stop(reason: str, packages: list[str]) -> NoReturn:
    """Ends the program with the line that the user has to run."""
    line = f"sudo apt-get install -y {' '.join(packages)}"
    how = f"Run this once, then make again:\n{line}" if shutil.which("apt-get") else "Install them first."
    sys.exit(f"Qt cannot start: {reason}. {how}")


def main() -> None:
    """Checks, installs where it may, checks again."""
    if sys.platform != "linux":
        return
    found = importlib.util.find_spec("PySide6")
    if found is None or found.origin is None:
        sys.exit("PySide6 is not installed in this environment: run packaging/setup.sh first.")
    pyside = Path(found.origin).parent
    x11, wayland = bool(os.environ.get("DISPLAY")), bool(os.environ.get("WAYLAND_DISPLAY"))
    needed = qt_files(pyside, xcb=x11, wayland=wayland)
    if missing_libraries(needed) and may_install():
        # While at it, what a display would need: who starts the window later need not come back here.
        install(packages_of(missing_libraries(qt_files(pyside, xcb=True, wayland=wayland))))
    if missing := missing_libraries(needed):
        stop(f"libraries are missing ({', '.join(sorted(missing))})", packages_of(missing))
    if fonts_are_missing():
        if not may_install():
            stop("there are no fonts", [FONT_PACKAGE])
        install([FONT_PACKAGE])


if __name__ == "__main__":
    main()
