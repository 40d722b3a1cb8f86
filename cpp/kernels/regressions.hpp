// Logistic regressions side by side: what a walk through the ones of rows gives for all of them.
#pragma once

#include <bit>
#include <cmath>

#include "kernels/contract.hpp"
#include "kernels/lanes.hpp"

namespace {

// A lane for each regression. The same operations at every level, none contracted: the same bits.
typedef double v8d __attribute__((vector_size(8 * REGRESSIONS)));
typedef std::int64_t v8i __attribute__((vector_size(8 * REGRESSIONS)));
typedef float v8f __attribute__((vector_size(4 * REGRESSIONS)));

inline v8d load(const Lanes& p) {
    v8d v;
    std::memcpy(&v, &p, sizeof v);
    return v;
}
inline void store(Lanes& p, v8d v) { std::memcpy(&p, &v, sizeof v); }

// exp(x) for x <= 0 to the last digits; below -700, as there.
inline v8d exp_of_negative(v8d x) {
    constexpr double magic = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
    constexpr double terms[] = {
        1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
        1.0 / 120,       1.0 / 24,       1.0 / 6,       0.5,          1.0,         1.0};
    v8d least = v8d{} - 700.0;
    x = x < least ? least : x;
    v8d t = x * 1.4426950408889634 + magic, k = t - magic;
    v8d r = x - k * 0.693147180369123816490 - k * 1.90821492927058770002e-10;
    v8d p = v8d{} + 1.0 / 6227020800;
    for (double term : terms) p = p * r + term;
    return reinterpret_cast<v8d>(reinterpret_cast<v8i>(p) + (reinterpret_cast<v8i>(t) << 52));
}

template <bool some>  // whether rows count in some of the regressions
void strip_rows_of(RegressionSums& sums, const Lanes* weights, const Lanes& b, const RegressionRows& rows,
                   std::size_t begin, std::size_t end) {
    v8d loss = load(sums.loss), factor = load(sums.factor), slope = load(sums.slope);
    Lanes *first = sums.first, *second = sums.second;
    for (std::size_t g = begin; g < end; ++g) {
        const std::uint32_t row = rows.row[g], *one = rows.listed + rows.first[row], *last = one + rows.length[row],
                            *p = one;
        v8d t = load(b), odd{}, target{};
        for (; last - p >= 2; p += 2) {
            t += load(weights[p[0]]);
            odd += load(weights[p[1]]);
        }
        if (p < last) odd += load(weights[*p]);
        t += odd;
        for (p = last; p > one && rows.values[p[-1]].column >= rows.column; --p)
            for (auto [j, bits] = rows.values[p[-1]]; bits; bits &= bits - 1)
                target[j + static_cast<std::uint32_t>(std::countr_zero(bits)) - rows.column] = 1.0;
        v8d size = t < v8d{} ? -t : t, e = exp_of_negative(-size), q = 1.0 / (1.0 + e);
        double weight = rows.weight[g];
        v8d counts = v8d{} + weight;
        if constexpr (some)
            for (std::size_t l = 0; l < REGRESSIONS; ++l)
                if (!(rows.free[row * rows.apart] >> l & 1)) counts[l] = 0.0;
        loss += counts * ((t < v8d{} ? v8d{} : t) - target * t);
        if (weight == 1.0) {  // one logarithm for many factors, each from 1 to 2
            factor *= 1.0 + (some ? counts * e : e);
        } else {
            for (std::size_t l = 0; l < REGRESSIONS; ++l) loss[l] += counts[l] * std::log1p(e[l]);
        }
        if (g % 512 == 511) {
            for (std::size_t l = 0; l < REGRESSIONS; ++l) loss[l] += std::log(factor[l]);
            factor = v8d{} + 1.0;
        }
        v8d residual = counts * ((t < v8d{} ? e * q : q) - target), curved = counts * (e * q * q);
        slope += residual;
        v8f narrow = __builtin_convertvector(curved, v8f);
        std::memcpy(sums.curvature + g * REGRESSIONS, &narrow, sizeof narrow);
        for (p = one; p < last; ++p) {
            store(first[*p], load(first[*p]) + residual);
            store(second[*p], load(second[*p]) + curved);
        }
    }
    store(sums.loss, loss);
    store(sums.factor, factor);
    store(sums.slope, slope);
}

void strip_rows(RegressionSums& sums, const Lanes* weights, const Lanes& b, const RegressionRows& rows,
                std::size_t begin, std::size_t end) {
    auto walk = rows.free ? strip_rows_of<true> : strip_rows_of<false>;
    walk(sums, weights, b, rows, begin, end);
}

void common_bits(double* common, const std::uint64_t* one, const std::uint64_t* others, std::size_t count,
                 std::size_t words) {
    constexpr std::size_t STEP = 4;  // others that share a load of `one`
    std::size_t c = 0;
    for (; c + STEP <= count; c += STEP) {
        const std::uint64_t* other = others + c * words;
        std::int64_t bits[STEP] = {};
        for (std::size_t w = 0; w < words; ++w)
            for (std::size_t s = 0; s < STEP; ++s) bits[s] += std::popcount(one[w] & other[s * words + w]);
        for (std::size_t s = 0; s < STEP; ++s) common[c + s] = static_cast<double>(bits[s]);
    }
    for (; c < count; ++c) {
        std::int64_t bits = 0;
        for (std::size_t w = 0; w < words; ++w) bits += std::popcount(one[w] & others[c * words + w]);
        common[c] = static_cast<double>(bits);
    }
}

constexpr RegressionKernels regression_kernels = {strip_rows, common_bits};

}  // namespace
