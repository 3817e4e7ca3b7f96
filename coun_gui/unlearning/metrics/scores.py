"""The figures of one row of the table, out of stored outputs."""

from __future__ import annotations

import math

import numpy as np

from coun_gui.unlearning.forgetting import Split
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.metrics.accuracy import accuracy
from coun_gui.unlearning.metrics.membership import confidence, draw_members, mia_efficacy

MEMBER_SEED = 0


def scores(
    train_logits: np.ndarray, test_logits: np.ndarray, data: ImageData, split: Split
) -> dict[str, float]:
    """RA, UA, TA and MIA efficacy in %, for logits float32 [N, K] in dataset order.

    UA is 100 − the accuracy on the forget set. MIA: members are as many retain samples as there are test samples.
    A figure that doesn't exist, since there is no sample to take it from, is left out.
    """
    train = np.asarray(data.train_labels)
    test = np.asarray(data.test_labels)[split.test]
    members = draw_members(split.retain, len(test), MEMBER_SEED)
    found = {
        "RA": accuracy(train_logits[split.retain], train[split.retain]),
        "UA": 100 - accuracy(train_logits[split.forget], train[split.forget]),
        "TA": accuracy(test_logits[split.test], test),
        "MIA": mia_efficacy(
            confidence(train_logits[members], train[members]),
            confidence(test_logits[split.test], test),
            confidence(train_logits[split.forget], train[split.forget]),
        ),
    }
    return {name: value for name, value in found.items() if not math.isnan(value)}
