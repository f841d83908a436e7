"""Fusion of scores, vectors, and cursors."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.engines.search import InvalidCursor, MomentDocument, SearchRequest, Viewer
from reelscribe.engines.search.cursor import Cursor, decode, encode
from reelscribe.engines.search.dense import block, codes, cosines, nearest, vectors_of
from reelscribe.engines.search.fusion import Meaning, Windows, fuse, shown


def windows(*rows: tuple[int, int, float]) -> Windows:
    videos, numbers, scores = zip(*rows, strict=True)
    return Windows(np.array(videos), np.array(numbers), np.array(scores, dtype=float))


def test_neighbours_of_the_same_video_lift_a_window() -> None:
    found = windows((1, 0, 5.0), (0, 4, 1.0), (0, 5, 2.0), (0, 7, 3.0))
    assert found.with_neighbours().tolist() == pytest.approx([5.0, 1.4, 2.2, 3.0])


def test_the_whole_video_decides_between_equal_windows() -> None:
    scores = fuse(windows((0, 3, 2.0), (1, 3, 2.0)), np.zeros(2), np.array([1.0, 9.0]))
    assert scores.videos[1] > scores.videos[0]


def test_a_video_whose_fields_match_needs_no_window() -> None:
    scores = fuse(windows((0, 3, 2.0)), np.array([0.0, 6.0]), np.array([1.0, 1.0]))
    assert scores.videos[1] > scores.videos[0]


def test_meaning_adds_windows_and_leaves_unknown_ones_where_they_are() -> None:
    meaning = Meaning(windows((0, 3, 0.1), (0, 9, 0.8)), np.array([0.3, np.nan]))
    scores = fuse(windows((0, 3, 2.0), (1, 1, 2.0)), np.zeros(2), np.array([1.0, 1.0]), meaning)
    found = list(zip(scores.windows.video, scores.windows.number, scores.place, scores.cosine, strict=True))
    assert found == [(0, 3, 0, 0.1), (0, 9, -1, 0.8), (1, 1, 1, 0.0)]
    assert np.isfinite(scores.windows.score).all()
    assert np.isfinite(scores.videos).all()


def test_neighbours_of_a_shown_window_are_hidden() -> None:
    assert shown([4, 5, 9, 3, 8, 1, 20]) == [0, 2, 5]


def test_vectors_keep_their_directions() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((20, 100)).astype(np.float32)
    found = cosines(block(vectors), vectors[7])
    assert int(found[1:].argmax()) == 7
    assert cosines(block(vectors[:1]), vectors[0]) == pytest.approx([1.0, 1.0], abs=1e-3)


def test_codes_find_the_nearest_stretch() -> None:
    rng = np.random.default_rng(2)
    subjects = rng.standard_normal((30, 100)).astype(np.float32)
    kept = np.vstack([codes(subject + 0.5 * rng.standard_normal((8, 100)).astype(np.float32)) for subject in subjects])
    assert kept.shape == (30, 16)
    assert [int(nearest(kept, subject, 1)[0]) for subject in subjects] == list(range(30))
    assert sorted(nearest(kept, subjects[0], 99).tolist()) == list(range(30))


def test_vectors_count_only_where_every_window_has_one() -> None:
    vector = np.ones(8, dtype=np.float32)
    some = [MomentDocument(0, 1, "a", vector=vector), MomentDocument(1, 2, "b")]
    assert vectors_of(some) is None
    assert vectors_of([]) is None
    found = vectors_of(some[:1])
    assert found is not None
    assert found.shape == (1, 8)


ASKED = SearchRequest("volcano", Viewer())


@given(st.lists(st.integers(0, 2**32 - 1), max_size=50))
def test_a_cursor_by_relevance_comes_back(seen: list[int]) -> None:
    cursor = Cursor(seen=tuple(seen))
    assert decode(replace(ASKED, cursor=encode(cursor, ASKED))) == cursor


@given(st.integers(0, 2**64 - 1), st.text("abc123", max_size=11))
def test_a_cursor_by_date_comes_back(at: int, video_id: str) -> None:
    asked = replace(ASKED, sort="newest")
    cursor = Cursor(last=(at, video_id))
    assert decode(replace(asked, cursor=encode(cursor, asked))) == cursor


@given(st.text(max_size=40))
def test_other_texts_are_no_cursors(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode(replace(ASKED, cursor=text))


def test_a_cursor_of_one_order_does_not_serve_another() -> None:
    asked = replace(ASKED, sort="oldest")
    with pytest.raises(InvalidCursor):
        decode(replace(asked, cursor=encode(Cursor(last=(1, "a")), ASKED)))
