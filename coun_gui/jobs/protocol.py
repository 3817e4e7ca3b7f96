"""What the window and an engine say to each other: one JSON object a message, over a private pipe.

The window asks:
    {"id": 7, "ask": "capabilities"}
    {"id": 7, "ask": "describe", "dataset": {DatasetSpec}}
    {"id": 7, "ask": "forget",   "dataset": {DatasetSpec}, "forget": {ForgetSpec}}
    {"id": 7, "ask": "plan",     "spec": {ExperimentSpec}, "workspace": "/…", "device": "auto", "at_once": 1}
    {"id": 7, "ask": "estimate", "spec": {ExperimentSpec}, "workspace": "/…", "device": "auto"}
    {"id": 7, "ask": "landing",  "workspace": "/…", "runs": [ids], "forget_hash", "indices": [training indices]}
    {"id": 7, "ask": "neighbours", "workspace": "/…", "run", "indices": [training indices], "count": 20}
    {"id": 7, "do": "run",       "spec": {RunSpec}, "workspace": "/…", "device": "auto"}
    {"id": 7, "do": "map",       "spec": {MapSpec}, "workspace": "/…", "device": "auto"}
    {"id": 7, "do": "load",      "spec": {DatasetSpec}}        downloads and decodes
    {"cancel": 7, "keep": true}   keep: leave a checkpoint, so that the work can be resumed
    {"quit": true}
The engine answers:
    {"ready": true}               once torch is loaded
    {"id": 7, "answer": {…}}      to a question
    {"id": 7, "error": {sentence, remedy, field}}
    {"id": 7, "event": {…}}       while it does something; the last one is terminal

Answers
    capabilities  {"datasets": [Choice], "models": [Choice], "methods": [Choice], "devices": [{"id", "title",
                  "memory"}], "versions": {…}} where a Choice is {"name", "title", "help", "citation", "schema":
                  the JSON schema of its parameters, and for methods "contrastive": whether the CL switch applies}
    describe      {"fingerprint", "train", "test", "classes": [names], "counts": [training images a class],
                  "shape": [H, W, C], "images": folder of the memory-mapped train_images.npy, train_labels.npy,
                  test_images.npy, test_labels.npy, "notes": [sentences]}; an error with the field
                  dataset.download where it must be downloaded or decoded first, as for forget and plan
    forget        {"hash", "forget", "retain", "test", "counts": [forgotten a class], "sample": [≤ 60 indices]}
    plan          {"runs": [{"id", "spec", "title", "needs": [ids], "done": bool, "load": share of the machine
                  that it takes, 0…1; on a GPU at least 1 / at_once}], "flops": float, of the runs that aren't done}
    estimate      {"seconds", "bytes", "device": title} of the runs that aren't done
    landing       of the forget set, or of the indices where they are given: {"classes": [names], "count",
                  "reference": id of a Retrain | null, "listed": [≤ 4 classes: the true one, where it is one alone,
                  and those that the reference predicts most] | null, "rows": [{"run", "shares": [% predicted as
                  each class], "avg_diff_listed": points over those classes | null, "avg_diff": points over all |
                  null, "same_class": % | null, "js": bits | null, "flow": [[true, predicted, count]], "cluster":
                  [distance to each class's retain samples as a share, null for a class without any] | null,
                  "cluster_flow": [[true, nearest retain cluster, count]] | null}], "null_band": {"avg_diff":
                  [low, high], and so on} | null}
    neighbours    {"indices": [≤ count training indices, nearest first]}
"""

from __future__ import annotations

import json
from typing import Any

Message = dict[str, Any]


def encode(message: Message) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode()


def decode(content: bytes) -> Message:
    """Raises `ValueError` for anything but a JSON object."""
    message = json.loads(content)
    if not isinstance(message, dict):
        raise ValueError("a message is a JSON object")
    return message
