// From logits to nats, probabilities, residuals and draws: the same for every model.
#pragma once

#include "../lanes.hpp"
#include "../philox.hpp"
#include "contract.hpp"

namespace {

// One block of a row: LANES logits and bits; past the end, logit -inf and bit 0, which cost 0 nats.
struct Bits {
    vf logit;
    vf sign;  // +1 where x = 1, -1 where x = 0
};

inline Bits load_bits(const float* logits, const std::uint8_t* x, std::size_t i, std::size_t n) {
    constexpr float inf = std::numeric_limits<float>::infinity();
    Bits bits;
    if (i + LANES <= n) {
        bits.logit = load(logits + i);
        for (std::size_t l = 0; l < LANES; ++l) bits.sign[l] = x[i + l] ? 1.0f : -1.0f;
    } else {
        for (std::size_t l = 0; l < LANES; ++l) {
            bits.logit[l] = i + l < n ? logits[i + l] : -inf;
            bits.sign[l] = i + l < n && x[i + l] ? 1.0f : -1.0f;
        }
    }
    return bits;
}

// log sigma(s) = min(s, 0) - log(1 + exp(-|s|)); NaN stays NaN.
inline vf log_sigmoid(vf s) {
    vf least = vf{} < s ? vf{} : s;
    return least - log1p(exp(-abs(s)));
}

// Nats are summed in float64, 16 running sums per row.
inline void add_lanes(double* sums, vf values) {
    for (std::size_t l = 0; l < LANES; ++l) sums[l] += static_cast<double>(values[l]);
}
inline double fold(const double* lanes) {
    double s4[4];
    for (int l = 0; l < 4; ++l) s4[l] = (lanes[l] + lanes[l + 8]) + (lanes[l + 4] + lanes[l + 12]);
    return (s4[0] + s4[2]) + (s4[1] + s4[3]);
}

void bernoulli_log_prob(double* out, const float* logits, const std::uint8_t* X, std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, BLOCK);
    for (std::size_t r = 0; r < rows; ++r) {
        alignas(64) double sums[BLOCK] = {};
        for (std::size_t i = 0; i < n; i += LANES) {
            Bits bits = load_bits(logits + r * stride, X + r * n, i, n);
            add_lanes(sums + i % BLOCK, log_sigmoid(bits.sign * bits.logit));
        }
        out[r] = fold(sums);
    }
}

void bernoulli_terms(double* out, const float* logits, const std::uint8_t* X, std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, BLOCK);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < n; i += LANES) {
            Bits bits = load_bits(logits + r * stride, X + r * n, i, n);
            vf term = log_sigmoid(bits.sign * bits.logit);
            for (std::size_t l = 0; l < LANES && i + l < n; ++l) out[r * n + i + l] = static_cast<double>(term[l]);
        }
}

// Probabilities near 1 are 1 - sigma(-logit) in float64, so both tails keep float32's relative precision.
void bernoulli_conditionals(double* out, const float* logits, std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, BLOCK);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < n; i += LANES) {
            vf logit = load(logits + r * stride + i), q = sigmoid(-abs(logit));
            for (std::size_t l = 0; l < LANES && i + l < n; ++l) {
                double tail = static_cast<double>(q[l]);
                out[r * n + i + l] = logit[l] > 0.0f ? 1.0 - tail : tail;
            }
        }
}

void bernoulli_delta(float* delta, double* log_prob, const float* logits, const std::uint8_t* X, float scale,
                     std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, BLOCK);
    for (std::size_t r = 0; r < rows; ++r) {
        alignas(64) double sums[BLOCK] = {};
        for (std::size_t i = 0; i < stride; i += LANES) {
            Bits bits = load_bits(logits + r * stride, X + r * n, i, n);
            vf s = bits.sign * bits.logit;
            vf e = exp(-abs(s));
            vf least = vf{} < s ? vf{} : s;
            add_lanes(sums + i % BLOCK, least - log1p(e));
            // x - p = +-sigma(-s), + where x = 1
            vf q = 1.0f / (1.0f + e);
            store(delta + r * stride + i, scale * bits.sign * (s < vf{} ? q : e * q));
        }
        log_prob[r] = fold(sums);
    }
}

// Bits of one position for `rows` rows: x = 1 iff u < sigma(logit) with u = (word + 1/2) / 2^32.
// Tested from the nearer tail, where float32 is precise: the less likely value is drawn iff
// word + 1/2 (or its complement where x = 1 is the likely one) is below 2^32 sigma(-|logit|).
inline vf draw(vf logit, vu word) {
    vi likely = logit > vf{};
    vu w = reinterpret_cast<vu>(reinterpret_cast<vi>(word) ^ likely);
    vf u;
    for (std::size_t l = 0; l < LANES; ++l) u[l] = static_cast<float>(w[l]);
    vi rare = (u + 0.5f) < 4294967296.0f * sigmoid(-abs(logit));
    vi one = rare ^ likely;
    return one ? splat(1.0f) : vf{};
}

inline void draw(float* bits, const float* logits, const std::uint32_t* words, std::size_t rows) {
    for (std::size_t r = 0; r < rows; r += LANES) store(bits + r, draw(load(logits + r), load(words + r)));
}

constexpr BernoulliKernels bernoulli_kernels = {bernoulli_log_prob, bernoulli_terms, bernoulli_conditionals,
                                                bernoulli_delta};

}  // namespace
