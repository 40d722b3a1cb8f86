"""What must hold for any autoregressive model of binary vectors, as checks of plain callables.

Nothing here imports the package: a check takes functions (``log_prob(X)``, ``conditionals(X)``,
``sample(n_samples, seed, start)``, ...) whatever computes them, and raises AssertionError.
"""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Params = dict[str, Array]
OfRows = Callable[[Array], Array]
Sampler = Callable[[int, int, int], Array]

# Known answers of philox4x32-10, (counter, key, words), from tests/kat_vectors of Random123 1.14.
PHILOX_KNOWN_ANSWERS = [
    (
        (0x00000000, 0x00000000, 0x00000000, 0x00000000),
        (0x00000000, 0x00000000),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def all_vectors(n_features: int) -> NDArray[np.uint8]:
    """All 2**n binary vectors, in the order of the numbers they write (x_0 first)."""
    numbers = np.arange(2**n_features)[:, None]
    return ((numbers >> np.arange(n_features)[::-1]) & 1).astype(np.uint8)


def numbers_of(X: Array) -> NDArray[np.int64]:
    """The binary number that each row writes."""
    return np.asarray(X.astype(np.int64) @ (1 << np.arange(X.shape[1])[::-1]))


# Densities


def check_sums_to_one(log_prob: OfRows, n_features: int, tolerance: float = 1e-12) -> None:
    total = math.fsum(np.exp(log_prob(all_vectors(n_features))).tolist())
    assert abs(total - 1) <= tolerance, f"the 2**{n_features} probabilities sum to {total!r}"


def check_autoregressive(conditionals: OfRows, X: Array, tolerance: float = 0.0) -> None:
    """Conditional i must not move when x_i and all later bits are turned over."""
    P = conditionals(X)
    for i in range(X.shape[1]):
        turned = X.copy()
        turned[:, i:] = 1 - turned[:, i:]
        moved = np.abs(conditionals(turned)[:, : i + 1] - P[:, : i + 1]).max()
        assert moved <= tolerance, f"conditional {i} or an earlier one sees x_{i} or later: {moved}"


def check_sees_every_predecessor(conditionals: OfRows, X: Array) -> None:
    """Conditional i must move when any x_j with j < i is turned over (generic parameters)."""
    P = conditionals(X)
    for j in range(X.shape[1] - 1):
        turned = X.copy()
        turned[:, j] = 1 - turned[:, j]
        moved = np.abs(conditionals(turned) - P)[:, j + 1 :].max(axis=0)
        assert moved.min() > 0, f"conditional {j + 1 + int(moved.argmin())} does not see x_{j}"


def check_log_prob_is_bernoulli_sum(
    log_prob: OfRows, conditionals: OfRows, X: Array, rtol: float = 1e-12
) -> None:
    P = conditionals(X)
    expected = [
        math.fsum(math.log(p) if bit else math.log1p(-p) for bit, p in zip(row, ps, strict=True))
        for row, ps in zip(X.tolist(), P.tolist(), strict=True)
    ]
    np.testing.assert_allclose(log_prob(X), expected, rtol=rtol, atol=rtol)


def check_certain(log_prob: OfRows, conditionals: OfRows, bits: Array, size: float) -> None:
    """Every logit is +-size in favour of `bits`: each bit that differs costs exactly `size` nats.

    For size from 800 on, exp(-size) is 0 in any precision. Overflow, clamping and a "safe" constant
    inside a logarithm all show.
    """
    vectors = np.concatenate([all_vectors(bits.size), bits[None, :]])
    expected = -size * (vectors != bits).sum(axis=1)
    np.testing.assert_array_equal(log_prob(vectors), expected)
    np.testing.assert_array_equal(conditionals(vectors), np.broadcast_to(bits, vectors.shape))


def check_mixture_of_densities(
    mixture: OfRows, members: Sequence[OfRows], n_features: int, tolerance: float = 1e-12
) -> None:
    """The density of an equal mixture is the mean of its members' densities."""
    X = all_vectors(n_features)
    expected = np.mean([np.exp(member(X)) for member in members], axis=0)
    np.testing.assert_allclose(np.exp(mixture(X)), expected, rtol=tolerance)
    check_sums_to_one(mixture, n_features, tolerance)


# Gradients


def central_differences(
    value: Callable[[Params], float], params: Params, step: float = 1e-5
) -> Params:
    """(f(theta + step) - f(theta - step)) / (2 step), one parameter at a time."""
    slopes = {}
    for name, theta in params.items():
        slopes[name] = np.zeros(theta.shape)
        for place in np.ndindex(theta.shape):
            up, down = theta.copy(), theta.copy()
            up[place] += step
            down[place] -= step
            difference = value({**params, name: up}) - value({**params, name: down})
            slopes[name][place] = difference / (2 * step)
    return slopes


def check_gradient(
    gradient: Params, value: Callable[[Params], float], params: Params, tolerance: float = 1e-8
) -> None:
    """Compare a gradient with central differences of a float64 value of the parameters."""
    assert gradient.keys() == params.keys()
    for name, slope in central_differences(value, params).items():
        assert gradient[name].shape == params[name].shape
        np.testing.assert_allclose(gradient[name], slope, rtol=0, atol=tolerance, err_msg=name)


# Samples


def chi_square_critical(degrees_of_freedom: int, significance: float) -> float:
    """Upper quantile of the chi-square distribution (Wilson and Hilferty 1931).

    The cube root of chi^2_k / k is nearly normal with mean 1 - 2/(9k) and variance 2/(9k); good to
    a few per cent at k = 1 and much better beyond.
    """
    k, z = degrees_of_freedom, NormalDist().inv_cdf(1 - significance)
    return float(k * (1 - 2 / (9 * k) + z * math.sqrt(2 / (9 * k))) ** 3)


def chi_square(counts: Array, expected: Array) -> tuple[float, int]:
    """Pearson's statistic and its degrees of freedom, cells with fewer than 5 expected pooled."""
    rare = expected < 5
    observed = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    possible = wanted > 0
    assert observed[~possible].sum() == 0, "a vector of probability 0 was drawn"
    observed, wanted = observed[possible], wanted[possible]
    return float(((observed - wanted) ** 2 / wanted).sum()), observed.size - 1


def check_sample_frequencies(
    X: Array, log_prob: OfRows, counts: Array | None = None, significance: float = 1e-4
) -> None:
    """Test the frequencies of all 2**n vectors in a sample against their exact probabilities.

    With `counts`, each row of X was drawn so often; the many draws would show that probabilities
    in single precision do not quite sum to one.
    """
    n = X.shape[1]
    drawn = np.bincount(numbers_of(X), weights=counts, minlength=2**n)
    p = np.exp(log_prob(all_vectors(n)))
    statistic, freedom = chi_square(drawn, drawn.sum() * (p if counts is None else p / p.sum()))
    assert freedom > 0, "too few rows, or too few vectors, to tell anything"
    limit = chi_square_critical(freedom, significance)
    assert statistic <= limit, f"chi-square {statistic:.1f} > {limit:.1f} ({freedom} d.o.f.)"


def check_sample_is_ancestral(X: Array, conditionals: OfRows, U: Array) -> None:
    """Bit i is 1 just where the uniform of its row and feature is below p(x_i = 1 | x_<i)."""
    np.testing.assert_array_equal(X, conditionals(X) > U)


def check_rows_depend_on_seed_and_number(
    sample: Sampler, seed: int = 2**40 + 5, far_rows: Sequence[int] = (2**32 - 3, 2**64 - 40)
) -> None:
    """Row start + i is the same in any batch, and another one under another seed or number."""
    whole = sample(40, seed, 0)
    assert whole.dtype == np.uint8
    np.testing.assert_array_equal(sample(40, seed, 0), whole)
    np.testing.assert_array_equal(sample(7, seed, 0), whole[:7])
    np.testing.assert_array_equal(sample(1, seed, 39), whole[39:])
    np.testing.assert_array_equal(sample(0, seed, 3), whole[:0])
    shards = [sample(size, seed, start) for start, size in [(0, 1), (1, 16), (17, 23)]]
    np.testing.assert_array_equal(np.concatenate(shards), whole)
    for row in far_rows:
        np.testing.assert_array_equal(sample(5, seed, row + 3), sample(40, seed, row)[3:8])
    others = {
        "seed + 1": sample(40, seed + 1, 0),
        "seed + 2**32": sample(40, seed + 2**32, 0),
        "row + 40": sample(40, seed, 40),
        "row + 2**32": sample(40, seed, 2**32),
    }
    for what, other in others.items():
        assert (other != whole).any(), f"{what} draws the same rows"


def check_sampling_costs_what_scoring_costs(
    cost_of_sampling: float, cost_of_scoring: float, factor: float
) -> None:
    """A sampler that carries its state does the work of one pass over the features.

    One that starts each conditional from x_0 does n/2 times as much: O(n^2 d) for NADE. Costs are
    operations or seconds, for the same number of rows.
    """
    assert cost_of_sampling <= factor * cost_of_scoring, (
        f"sampling costs {cost_of_sampling / cost_of_scoring:.1f} times as much as scoring"
    )
