"""How much is done when several runs share a device, against one run that has it to itself.

    python tests/benchmarks/bench_side_by_side.py [--setting digits|resnet18] [--device cuda:0] [--seconds 8]

Each run is a process of its own, as an engine is, and trains FT on the setting of bench_training.py; all begin and end
together. The usual loop (baseline_loop.py, one process, its own number of threads) is the peer in the same round. What
counts are the ratios within a round: their median, with the least and the greatest in parentheses. Without --setting:
the digits on a CPU, where large models share nothing, and both on a GPU.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median

import torch
from baseline_loop import baseline_loop
from bench_machine import machine
from bench_training import SETTINGS, Setting, ratio, trained, trainer_of

from coun_gui.experiments.machine import set_threads
from coun_gui.threads import wait_without_spinning
from coun_gui.unlearning.augment import ImageStore

USUAL = "usual loop"
AT_ONCE = (1, 2, 3, 4)
ROUNDS = 3


def steps(setting: Setting, contender: str) -> Iterator[int]:
    """Endless training; yields how many samples each step took."""
    if contender == USUAL:
        data = setting.images, setting.labels, setting.augmentation
        return baseline_loop(setting.network(), *data, setting.recipe("fp32"), None, setting.device)
    store = ImageStore(setting.images, setting.labels, setting.augmentation, setting.device)
    trainer = trainer_of(setting, store, None, "auto")
    set_threads(trainer.forward_flops, setting.device)
    return trained(trainer)


def work(connection: Connection, name: str, device: str, contender: str) -> None:
    """Main of a process: trains for so many seconds, as often as it is told to, and tells the samples a second."""
    if contender != USUAL:
        wait_without_spinning()
    training = steps(SETTINGS[name](torch.device(device)), contender)
    for _ in range(3):
        next(training)
    connection.send(0.0)
    while seconds := connection.recv():
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            done += next(training)
        if device != "cpu":
            torch.cuda.synchronize(device)
        connection.send(done / (time.perf_counter() - start))


class Runs:
    """Some processes that train the same setting at the same time."""

    def __init__(self, name: str, device: str, contender: str, count: int) -> None:
        context = get_context("spawn")
        self._ends: list[Connection] = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            context.Process(target=work, args=(theirs, name, device, contender), daemon=True).start()
            self._ends.append(ours)
        for end in self._ends:
            end.recv()

    def seconds_an_image(self, seconds: float) -> float:
        """Of all together."""
        for end in self._ends:
            end.send(seconds)
        return 1 / sum(end.recv() for end in self._ends)

    def close(self) -> None:
        for end in self._ends:
            end.send(0)
            end.close()


def measure(name: str, device: str, seconds: float) -> dict[str, list[float]]:
    """Seconds an image of each contender, round by round."""
    contenders = {USUAL: (USUAL, 1), **{f"{count} at once": ("", count) for count in AT_ONCE}}
    times: dict[str, list[float]] = {title: [] for title in contenders}
    for _ in range(ROUNDS):
        for title, (contender, count) in contenders.items():
            runs = Runs(name, device, contender, count)
            times[title].append(runs.seconds_an_image(seconds))
            runs.close()
    return times


def main() -> None:
    """Prints a table for each setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--setting", choices=SETTINGS, help="one alone")
    parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seconds", type=float, default=8, help="for each contender and round")
    asked = parser.parse_args()
    print(machine(torch.cuda.get_device_name(asked.device) if asked.device != "cpu" else ""))
    for name in (
        [asked.setting] if asked.setting else ["digits", *(["resnet18"] if asked.device != "cpu" else [])]
    ):
        times = measure(name, asked.device, asked.seconds)
        print(f"\n{name}, {ROUNDS} rounds\n{'':14}images/s   against 1 at once      against the usual loop")
        for title, found in times.items():
            alone, usual = ratio(times["1 at once"], found), ratio(times[USUAL], found)
            print(f"{title:14}{1 / median(found):8,.0f}   {alone:22}  {usual}")


if __name__ == "__main__":
    main()
