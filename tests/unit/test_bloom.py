import pytest

from reelscribe.engines.memory.bloom import BloomShape, shape_for


def holds(shape: BloomShape, bitmap: bytes, value: str) -> bool:
    return all(bitmap[position >> 3] & (0x80 >> (position & 7)) for position in shape.positions(value))


@pytest.mark.parametrize("rate", [0.1, 0.01, 0.001])
def test_the_false_positive_rate_is_what_was_asked_for_and_no_member_is_missed(rate: float):
    members = [f"user{number}@example.org" for number in range(20_000)]
    shape = shape_for(len(members), rate)
    bitmap = shape.bitmap(members)
    assert all(holds(shape, bitmap, member) for member in members)
    strangers = 100_000
    taken = sum(holds(shape, bitmap, f"stranger{number}@example.org") for number in range(strangers))
    sigma = (strangers * rate) ** 0.5
    assert abs(taken - strangers * rate) < 5 * sigma + 0.03 * strangers * rate


def test_the_size_is_the_textbooks():
    shape = shape_for(1_000_000, 0.01)
    assert shape == BloomShape(bits=9_585_059, hashes=7)
    assert shape.false_positive_rate(1_000_000) == pytest.approx(0.01, rel=0.01)
    assert shape.false_positive_rate(2_000_000) > 0.1


def test_positions_never_change_for_they_are_kept():
    assert BloomShape(1000, 4).positions("a@b.c") == BloomShape(1000, 4).positions("a@b.c")
    assert all(0 <= position < 7 for position in BloomShape(7, 50).positions("é"))


def test_bits_are_counted_as_redis_counts_them():
    shape = BloomShape(16, 1)
    (position,) = shape.positions("x")
    assert int.from_bytes(shape.bitmap(["x"]), "big") == 1 << (15 - position)


@pytest.mark.parametrize(("values", "rate"), [(0, 0.1), (10, 0), (10, 1)])
def test_refuses_impossible_shapes(values: int, rate: float):
    with pytest.raises(ValueError, match="between 0 and 1"):
        shape_for(values, rate)
