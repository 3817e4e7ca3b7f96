"""The machine that a run happens on: devices, threads, and the versions that a result may depend on."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import numpy as np
import torch

import coun_gui
from coun_gui.errors import CounError

GIVEN_THREADS = torch.get_num_threads()
SMALL = 50e6  # FLOPs of an image's forward pass below which a second thread costs more than it brings
AT_ONCE = 4  # runs of small models side by side; each engine holds some 600 MB


def choose_device(name: str) -> torch.device:
    """`auto`: the first GPU where there is one. Raises `CounError` for a device that isn't there."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    known = ["cpu", *(f"cuda:{k}" for k in range(torch.cuda.device_count()))]
    if name not in known:
        raise CounError(
            f"There is no device “{name}” here.", f"Possible: auto, {', '.join(known)}.", "device"
        )
    return torch.device(name)


def device_title(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()})"


def load(flops: float, device: torch.device, need: float = 1.0, at_once: int = 1) -> float:
    """The share of the machine that a run takes, by which others may run beside it.

    On the CPU small models are trained side by side, one a thread. A GPU is shared by as many as are asked for, where
    its free memory holds them. flops: of an image's forward pass; need: bytes of a run on the device.
    """
    beside = 1
    if device.type == "cpu" and flops < SMALL:
        beside = min(GIVEN_THREADS, AT_ONCE)
    elif device.type == "cuda" and at_once > 1:
        beside = max(1, min(at_once, int(free_memory(device) / need)))
    return 1 / beside


def free_memory(device: torch.device) -> int:
    """Bytes of a GPU's memory that no process holds."""
    return torch.cuda.mem_get_info(device)[0]


def set_threads(flops: float, device: torch.device) -> None:
    """One thread for a small model on the CPU; otherwise as many as the engine was given."""
    torch.backends.cudnn.benchmark = True  # batches are all of one size
    torch.set_num_threads(1 if device.type == "cpu" and flops < SMALL else GIVEN_THREADS)


def versions() -> dict[str, str]:
    """What the result may depend on."""
    return {
        "coun": coun_gui.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def git_state() -> str:
    """Commit of the program's checkout, with “+” where it was changed; empty for an installed program."""
    root = Path(coun_gui.__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return ""
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty=+"],
            capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
