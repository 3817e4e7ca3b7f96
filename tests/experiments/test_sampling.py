"""Which samples a map and a run's snapshots show."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coun_gui.experiments.sampling import drawn_samples


@given(st.integers(2, 60), st.data())
def test_there_are_as_many_as_fit_and_forget_samples_take_half_where_retain_samples_can_fill_the_rest(
    total: int, data: st.DataObject
) -> None:
    forget = np.array(sorted(data.draw(st.sets(st.integers(0, total - 1), max_size=total))), dtype=np.int64)
    most = data.draw(st.integers(2, 70))

    found = drawn_samples(total, forget, most, seed=0)

    assert len(found) == min(most, total)
    assert (np.diff(found) > 0).all()
    retained = total - len(forget)
    assert np.isin(found, forget).sum() == max(min(len(forget), most // 2), len(found) - retained)


def test_the_whole_forget_set_is_there_where_it_is_less_than_half() -> None:
    forget = np.arange(0, 9000, 9)

    assert set(forget.tolist()) <= set(drawn_samples(9000, forget, 2000, seed=0).tolist())


def test_the_draw_follows_the_seed() -> None:
    picks = [drawn_samples(1000, np.arange(10), 100, seed).tolist() for seed in (0, 0, 1)]

    assert picks[0] == picks[1] != picks[2]
