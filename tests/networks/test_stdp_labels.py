"""Labels from responses: a hand-made case, and the two votes."""

import numpy as np
import pytest

from networks.stdp_labels import LiveAccuracy, assign, evaluate
from neuroskyrm.errors import ConfigError


@pytest.fixture
def hand_made():
    responses = np.array([[4, 0, 1, 0], [2, 0, 1, 0], [0, 3, 1, 0], [0, 1, 2, 0]], np.uint16)
    return responses, np.array([0, 0, 1, 1])


def test_neurons_get_the_class_of_their_highest_mean_response(hand_made):
    assignment = assign(*hand_made, classes=2)
    assert assignment.rates.tolist() == [[3, 0, 1, 0], [0, 2, 1.5, 0]]
    assert assignment.labels.tolist() == [0, 1, 1, -1]


def test_the_votes_score_as_computed_by_hand(hand_made):
    assignment = assign(*hand_made, classes=2)
    new = np.array([[1, 0, 2, 9]], np.uint16)
    assert assignment.vote(new).tolist() == [[1.0, 1.0]]
    assert assignment.proportion(new)[0] == pytest.approx([1 + 2 * 0.4, 2 * 0.6])


def test_the_likelihood_vote_is_that_of_poisson_spikes(hand_made):
    assignment = assign(*hand_made, classes=2)
    new = np.array([[3, 0, 1, 0], [0, 2, 1, 0], [0, 0, 0, 0]], np.uint16)
    rates = assignment.rates + 0.01
    by_hand = [[(n * np.log(r)).sum() - r.sum() for r in rates] for n in new]
    scores = assignment.likelihood(new)
    assert np.diff(scores) == pytest.approx(np.diff(np.array(by_hand)))
    # Silence speaks for the class that draws fewer spikes.
    assert scores.argmax(axis=1).tolist() == [0, 1, 1]


def test_the_live_accuracy_judges_each_chunk_by_the_labels_before_it(hand_made):
    responses, labels = hand_made
    live = LiveAccuracy(neurons=4, keep=6)
    assert np.isnan(live.update(responses, labels))
    assert live.update(responses[:2], labels[:2]) == 1.0
    assert live.update(responses[:2], 1 - labels[:2]) == 0.0
    assert len(live.labels) == 6


def test_confusion_counts_true_rows_and_guessed_columns(hand_made):
    responses, labels = hand_made
    result = evaluate(assign(responses, labels, 2), responses, np.array([0, 1, 1, 1]))
    assert result.confusion.tolist() == [[1, 0], [1, 2]]
    assert result.accuracy["proportion"] == 0.75
    assert result.spikes == pytest.approx(15 / 4)


def test_labels_that_do_not_fit_are_refused(hand_made):
    with pytest.raises(ConfigError, match="labels"):
        assign(hand_made[0], np.array([0, 1]))
    with pytest.raises(ConfigError, match="from 0 to 1"):
        assign(hand_made[0], np.array([0, 1, 2, 1]), classes=2)
