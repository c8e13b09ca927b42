import numpy as np

from neuroskyrm.seeds import generator


def test_same_path_gives_the_same_stream():
    assert np.array_equal(generator(5, "a", 1).random(8), generator(5, "a", 1).random(8))


def test_other_seed_or_path_gives_another_stream():
    base = generator(5, "a", 1).random(8)
    for other in (generator(6, "a", 1), generator(5, "b", 1), generator(5, "a", 2), generator(5)):
        assert not np.array_equal(base, other.random(8))
