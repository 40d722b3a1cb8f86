"""Codes of columns and rows: words, leaves, and what is refused."""

import copy
import itertools
import pickle

import numpy as np
import pytest

from ardens import codes

RNG = np.random.default_rng(0)
CODES = {
    "one_hot": codes.one_hot(5),
    "one bit": codes.one_hot(1),
    "at most one": codes.one_hot(5, none=True),
    "rank": codes.rank(RNG.random(37)),
    "one leaf": codes.rank([2]),
    "masses of 0": codes.rank([0, 0, 1, 0]),
    "huffman": codes.huffman(RNG.random(41) ** 4),
    "digits": codes.digits(9, base=4),
    "bits": codes.bits(3),
    "nested": codes.nested(codes.huffman([2, 1, 1]), [None, codes.one_hot(3), codes.digits(7, 3)]),
    "product": codes.product(codes.one_hot(3), codes.bits(2), codes.rank([1, 2, 3])),
    "calendar": codes.calendar("1999-12-30", "2001-03-02"),
    "long calendar": codes.calendar("1900-01-01", "2030-01-01"),
    "words": codes.words([[0, 1, 1], [1, 0, 1], [1, 1, 0]]),
}


@pytest.fixture(params=CODES)
def code(request):
    """One code after the other."""
    return CODES[request.param]


def test_leaves_and_words_are_one_to_one(code):
    leaves = np.arange(code.n_leaves)
    words = code.encode(leaves)
    assert words.shape == (code.n_leaves, code.n_bits)
    assert len(np.unique(words, axis=0)) == code.n_leaves
    np.testing.assert_array_equal(code.decode(words), leaves)


def test_nothing_else_is_a_word(code):
    if code.n_bits > 12:
        word = code.encode([0])
        for bit in range(code.n_bits):  # no two words of these differ in one bit
            word[0, bit] ^= 1
            with pytest.raises(ValueError, match="row 0 is none, from bit"):
                code.decode(word)
            word[0, bit] ^= 1
        return
    read = 0
    for row in itertools.product((0, 1), repeat=code.n_bits):
        try:
            code.decode([row])
        except ValueError:
            continue
        read += 1
    assert read == code.n_leaves


def test_copies_are_the_same_code(code):
    for twin in (copy.deepcopy(code), pickle.loads(pickle.dumps(code))):
        assert twin == code
        assert hash(twin) == hash(code)
        assert np.array_equal(twin.encode([0]), code.encode([0]))
    assert code != codes.bits(9)


def test_ranks_rise_and_halve_the_mass():
    words = codes.rank(np.ones(37)).encode(np.arange(37))
    assert [tuple(w) for w in words.tolist()] == sorted(tuple(w) for w in words.tolist())
    first = codes.rank([1, 1, 1, 5]).encode([0, 1, 2, 3])[:, 0]
    assert first.tolist() == [0, 0, 0, 1]
    assert codes.rank(np.r_[np.ones(1000), 1e12]).n_bits < 20


def test_huffman_words_are_as_short_as_can_be():
    p = RNG.dirichlet(np.full(30, 0.3))
    code = codes.huffman(p)
    mean = _lengths(code) @ p
    entropy = -(p * np.log2(p)).sum()
    assert entropy <= mean < entropy + 1


def _lengths(code):
    """How many bits of each word are not forced."""
    words = code.encode(np.arange(code.n_leaves))
    lengths = np.zeros(len(words), int)
    for i in range(code.n_bits):
        for k, word in enumerate(words):
            alike = words[(words[:, :i] == word[:i]).all(axis=1), i]
            lengths[k] += alike.min() < alike.max()
    return lengths


def test_digits_are_one_hot_and_most_significant_first():
    words = codes.digits(250).encode([0, 17, 249])
    assert words.shape == (3, 32)
    assert words.reshape(3, 2, 16).argmax(axis=2).tolist() == [[0, 0], [1, 1], [15, 9]]
    assert (words.reshape(3, 2, 16).sum(axis=2) == 1).all()


def test_days_of_a_calendar_are_those_there_are():
    code = codes.calendar("2023-12-31", "2024-12-31")
    words = code.encode(np.arange(367))
    assert words[1].nonzero()[0].tolist() == [1, 2, 14]  # the second year, January, the first
    leap = words[31 + 29]
    assert leap.nonzero()[0].tolist() == [1, 3, 14 + 28]
    leap[[14 + 28, 14 + 29]] = [0, 1]
    with pytest.raises(ValueError, match="row 0 is none"):
        code.decode([leap])


def test_many_leaves_take_seconds_and_megabytes():
    assert codes.huffman(np.ones(100_000)).n_bits == 17
    wide = codes.one_hot(100_000)
    assert wide.decode(wide.encode([7, 99_999])).tolist() == [7, 99_999]
    assert len(codes.digits(100_000).steps) < 100


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: codes.one_hot(0), "n must be an integer of at least 1"),
        (lambda: codes.rank([]), "mass must be finite numbers"),
        (lambda: codes.huffman([1, -1]), "mass must be finite numbers"),
        (lambda: codes.huffman([np.nan]), "mass must be finite numbers"),
        (lambda: codes.rank(["a"]), "mass must be finite numbers"),
        (lambda: codes.digits(5, base=1), "base must be an integer of at least 2"),
        (lambda: codes.bits(63), "k must be at most 62"),
        (
            lambda: codes.nested(codes.bits(1), [None]),
            "one for each of the 2 values of head; got 1",
        ),
        (lambda: codes.product(), "at least one code"),
        (lambda: codes.calendar("2020-01-02", "2020-01-01"), "first must be a day"),
        (lambda: codes.calendar("x", "y"), "first must be a day"),
        (lambda: codes.product(codes.bits(62), codes.bits(1)).n_leaves, "at most 2\\^62 leaves"),
        (lambda: codes.RowCode([codes.bits(1)]).decode([[1.5]]), "must contain only 0 and 1"),
        (lambda: codes.words([[0, 1], [0, 1]]), "must differ"),
        (lambda: codes.RowCode([]), "codes must be Code objects"),
        (lambda: codes.RowCode([codes.bits(2)], [0, 0]), "one is there twice"),
        (lambda: codes.bits(1).encode([2]), "leaves must be integers of 0 … 1"),
        (lambda: codes.bits(1).decode([[2]]), "row 0 is none"),
        (lambda: codes.bits(1).decode([[0, 1]]), "of shape"),
    ],
)
def test_what_is_no_code_is_refused(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_rows_are_the_words_of_their_columns():
    row = codes.RowCode(list(CODES.values()))
    leaves = np.stack([RNG.integers(0, code.n_leaves, 500) for code in row.codes], axis=1)
    X = row.encode(leaves)
    for k, code in enumerate(row.codes):
        np.testing.assert_array_equal(X[:, row.slices[k]], code.encode(leaves[:, k]))
    np.testing.assert_array_equal(row.decode(X), leaves)
    np.testing.assert_array_equal(row.encode(np.asfortranarray(leaves)), X)
    np.testing.assert_array_equal(row.decode(np.asfortranarray(X)), leaves)
    assert pickle.loads(pickle.dumps(row)) == row
    X[3, row.slices[1].start] ^= 1
    with pytest.raises(ValueError, match="row 3 has none of column 1"):
        row.decode(X)
    leaves[7, 2] = 6
    with pytest.raises(ValueError, match=r"column 2 must be 0 … 5; row 7 has 6"):
        row.encode(leaves)


def test_columns_may_have_their_bits_anywhere():
    row = codes.RowCode([codes.one_hot(2), codes.bits(2)], [3, 1, 2, 0])
    X = row.encode([[0, 1], [1, 2]])
    assert X.tolist() == [[1, 0, 0, 1], [0, 1, 1, 0]]
    assert row.decode(X).tolist() == [[0, 1], [1, 2]]
    assert row.together(np.arange(4)).tolist() == [2, 0, 3, 1]
    row.moved(row.together(np.arange(4)), np.zeros(4, bool))
    with pytest.raises(ValueError, match="ordering must keep the features of each code together"):
        row.moved(np.arange(4), np.zeros(4, bool))
    grouped = codes.RowCode.grouped(4, [(codes.one_hot(2), (1, 3))])
    assert grouped.places.tolist() == [0, 1, 3, 2]
