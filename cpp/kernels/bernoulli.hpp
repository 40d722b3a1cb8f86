// From logits to nats, probabilities, residuals and draws: the same for every model.
#pragma once

#include "kernels/elementary.hpp"
#include "kernels/philox.hpp"
#include "kernels/row_set.hpp"
#include "kernels/walk.hpp"

namespace {

// One register of a row: s = +logit where x = 1, -logit where x = 0; past the end, +inf, which costs 0 nats.
struct Bits {
    vf s;
    vi zero;  // all ones where x = 0
};

inline Bits load_bits(const float* logits, const std::uint8_t* x, std::size_t i, std::size_t n) {
    vf logit;
    vb bytes{};
    if (i + LANES <= n) {
        logit = load(logits + i);
        std::memcpy(&bytes, x + i, sizeof bytes);
    } else {
        for (std::size_t l = 0; l < LANES; ++l) {
            logit[l] = i + l < n ? logits[i + l] : -std::numeric_limits<float>::infinity();
            if (i + l < n) bytes[l] = x[i + l];
        }
    }
    vi zero = __builtin_convertvector(bytes, vi) - 1;
    vi sign = zero & std::numeric_limits<std::int32_t>::min();
    return {reinterpret_cast<vf>(reinterpret_cast<vi>(logit) ^ sign), zero};
}

// log sigma(s) = min(s, 0) - log(1 + exp(-|s|)); NaN stays NaN.
inline vf log_sigmoid(vf s) {
    vf least = vf{} < s ? vf{} : s;
    return least - log1p(exp(-abs(s)));
}

// Nats of a row, summed in float64 in the lanes of a line.
struct Nats {
    vd lanes[LINE / LANES] = {};
    void add(std::size_t i, vf values) { lanes[i % LINE / LANES] += __builtin_convertvector(values, vd); }
    double sum() const {
        double l[LINE], s4[4];
        std::memcpy(l, lanes, sizeof l);
        for (int j = 0; j < 4; ++j) s4[j] = (l[j] + l[j + 8]) + (l[j + 4] + l[j + 12]);
        return (s4[0] + s4[2]) + (s4[1] + s4[3]);
    }
};

void bernoulli_log_prob(double* out, const float* logits, const std::uint8_t* X, std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, LINE);
    for (std::size_t r = 0; r < rows; ++r) {
        Nats nats;
        for (std::size_t i = 0; i < n; i += LANES)
            nats.add(i, log_sigmoid(load_bits(logits + r * stride, X + r * n, i, n).s));
        out[r] = nats.sum();
    }
}

void bernoulli_terms(double* out, const float* logits, const std::uint8_t* X, std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, LINE);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < n; i += LANES) {
            vf term = log_sigmoid(load_bits(logits + r * stride, X + r * n, i, n).s);
            for (std::size_t l = 0; l < LANES && i + l < n; ++l) out[r * n + i + l] = static_cast<double>(term[l]);
        }
}

// Probabilities near 1 are 1 - sigma(-logit) in float64, so both tails keep float32's relative precision.
void bernoulli_conditionals(double* out, const float* logits, std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, LINE);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < n; i += LANES) {
            vf logit = load(logits + r * stride + i), q = sigmoid(-abs(logit));
            for (std::size_t l = 0; l < LANES && i + l < n; ++l) {
                double tail = static_cast<double>(q[l]);
                out[r * n + i + l] = logit[l] > 0.0f ? 1.0 - tail : tail;
            }
        }
}

// log sigma(s), and x - p: sigma(-s) where x = 1 and -sigma(-s) where x = 0.
struct Residual {
    vf term, delta;
    explicit Residual(const Bits& bits) {
        vf e = exp(-abs(bits.s)), least = vf{} < bits.s ? vf{} : bits.s, q = 1.0f / (1.0f + e);
        term = least - log1p(e);
        q = bits.s < vf{} ? q : e * q;
        delta = bits.zero ? -q : q;
    }
};

void bernoulli_sum(double* out, const float* terms, std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, LINE);
    for (std::size_t r = 0; r < rows; ++r) {
        Nats nats;
        for (std::size_t i = 0; i < n; i += LANES) {
            vf term = load(terms + r * stride + i);
            for (std::size_t l = n - i; l < LANES; ++l) term[l] = 0.0f;
            nats.add(i, term);
        }
        out[r] = nats.sum();
    }
}

void bernoulli_delta(float* delta, double* log_prob, const float* logits, const std::uint8_t* X, const float* scale,
                     std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, LINE);
    for (std::size_t r = 0; r < rows; ++r) {
        Nats nats;
        vf factor = splat(scale[r]);
        for (std::size_t i = 0; i < stride; i += LANES) {
            Residual residual(load_bits(logits + r * stride, X + r * n, i, n));
            nats.add(i, residual.term);
            store(delta + r * stride + i, factor * residual.delta);
        }
        log_prob[r] = nats.sum();
    }
}

// grad[begin, end) += delta of all rows, which are `stride` apart: added up first, so that a sum over many rows is one
// of few large numbers, not of many small ones.
inline void add_up(float* grad, const float* delta, std::size_t rows, std::size_t stride, std::size_t begin,
                   std::size_t end) {
    for (std::size_t i = begin; i < end; i += LANES) {
        vf sum{};
        for (std::size_t r = 0; r < rows; ++r) sum += load(delta + r * stride + i);
        store(grad + i, load(grad + i) + sum);
    }
}

// Words of rows for one block: counter (number, 64 bits; block; stream 0), key seed. Word w of block b belongs to
// feature BLOCK b + w. Whole registers are written, up to MAX_TILE rows, and as many numbers are read.
void bernoulli_words(Words& words, std::uint64_t seed, const std::uint64_t* numbers, std::size_t block,
                     std::size_t rows) {
    for (std::size_t r = 0; r < rows; r += LANES) {
        vu w[BLOCK] = {{}, {}, vu{} + static_cast<std::uint32_t>(block), {}};
        for (std::size_t l = 0; l < LANES; ++l) {
            w[0][l] = static_cast<std::uint32_t>(numbers[r + l]);
            w[1][l] = static_cast<std::uint32_t>(numbers[r + l] >> 32);
        }
        philox_rounds(w, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
        for (std::size_t i = 0; i < BLOCK; ++i) store(words[i] + r, w[i]);
    }
}

void bernoulli_known(double* nats, const float* logits, const Known& known, std::size_t block, std::size_t rows,
                     std::size_t n) {
    std::size_t stride = pad(n, LINE);
    each_row(known.impossible & first_rows(rows),
             [&](std::size_t r) { nats[r] = -std::numeric_limits<double>::infinity(); });
    for (std::size_t q = 0; q < BLOCK; ++q) {
        if (!known.rows[q]) continue;
        alignas(64) float s[MAX_TILE] = {};
        for (std::size_t r = 0; r < rows; ++r) {
            float logit = logits[r * stride + BLOCK * block + q];
            s[r] = known.ones[q] >> r & 1 ? logit : -logit;
        }
        for (std::size_t r = 0; r < rows; r += LANES) store(s + r, log_sigmoid(load(s + r)));
        each_row(known.rows[q] & first_rows(rows), [&](std::size_t r) { nats[r] += static_cast<double>(s[r]); });
    }
}

// Bits of one position for the rows of a register: x = 1 iff u < sigma(logit) with u = (word + 1/2) / 2^32.
// Tested from the nearer tail, where float32 is precise: the less likely value is drawn iff
// word + 1/2 (or its complement where x = 1 is the likely one) is below 2^32 sigma(-|logit|).
inline vi draw(vf logit, vu word) {
    vi likely = logit > vf{};
    vu w = reinterpret_cast<vu>(reinterpret_cast<vi>(word) ^ likely);
    vf u;
    for (std::size_t l = 0; l < LANES; ++l) u[l] = static_cast<float>(w[l]);
    vi rare = (u + 0.5f) < 4294967296.0f * sigmoid(-abs(logit));
    return rare ^ likely;
}

// The rows with a one at feature q of a block, drawn where none is known; whole registers are read, up to MAX_TILE
// rows.
inline RowSet draw(const float* logits, const Words& words, Known& known, std::size_t q, std::size_t rows) {
    RowSet ones = 0;
    for (std::size_t r = 0; r < rows; r += LANES)
        ones |= RowSet{bits_of(draw(load(logits + r), load(words[q] + r)))} << r;
    ones = ((ones & ~known.rows[q]) | known.ones[q]) & first_rows(rows);
    if (!known.walk) return ones;
    return known.walk->alive || known.rows[q] ? walk_on(known, q, ones, rows) : walk_on(*known.walk, ones, rows);
}

constexpr BernoulliKernels bernoulli_kernels = {bernoulli_log_prob, bernoulli_terms, bernoulli_conditionals,
                                                bernoulli_sum,      bernoulli_delta, bernoulli_words,
                                                bernoulli_known};

}  // namespace
