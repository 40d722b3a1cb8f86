// NADE as its paper has it (Larochelle & Murray 2011, Algorithm 1), a row at a time and in float64: what the other
// files of this folder compute fast, and are tested against.
//
//     a_1 = c,    h_i = sigmoid(a_i),    p_i = sigmoid(b_i + V_i . h_i),    a_{i+1} = a_i + W_i x_i
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace ardens {

// W is (d, n), c is (d,), V is (n, d) and b is (n,).
struct PlainNade {
    std::size_t n, d;
    const double *W, *c, *V, *b;
};

inline double plain_sigmoid(double t) { return 1.0 / (1.0 + std::exp(-t)); }

// log p(x); for the way back all p_i, (n,), and h_i, (n, d). `a` has room for d numbers.
inline double plain_log_prob(double* p, double* h, double* a, const PlainNade& m, const std::uint8_t* x) {
    double log_prob = 0.0;
    std::copy_n(m.c, m.d, a);
    for (std::size_t i = 0; i < m.n; ++i, h += m.d) {
        double t = m.b[i];
        for (std::size_t k = 0; k < m.d; ++k) t += m.V[i * m.d + k] * (h[k] = plain_sigmoid(a[k]));
        p[i] = plain_sigmoid(t);
        log_prob -= std::log1p(std::exp(x[i] ? -t : t));
        for (std::size_t k = 0; k < m.d; ++k) a[k] += m.W[k * m.n + i] * x[i];
    }
    return log_prob;
}

// Adds the gradient of log p(x) to gW, gc, gV and gb. `g` has room for d numbers, dlog p / da_{i+1}.
inline void plain_gradient(double* gW, double* gc, double* gV, double* gb, double* g, const PlainNade& m,
                           const std::uint8_t* x, const double* p, const double* h) {
    std::fill_n(g, m.d, 0.0);
    for (std::size_t i = m.n; i-- > 0;) {
        double delta = x[i] - p[i];  // dlog p / d(b_i + V_i . h_i)
        gb[i] += delta;
        for (std::size_t k = 0; k < m.d; ++k) {
            double h_i = h[i * m.d + k];
            gV[i * m.d + k] += delta * h_i;
            gW[k * m.n + i] += g[k] * x[i];
            g[k] += delta * m.V[i * m.d + k] * h_i * (1.0 - h_i);
        }
    }
    for (std::size_t k = 0; k < m.d; ++k) gc[k] += g[k];
}

// Draws x from uniform numbers u.
inline void plain_draw(std::uint8_t* x, double* a, const PlainNade& m, const double* u) {
    std::copy_n(m.c, m.d, a);
    for (std::size_t i = 0; i < m.n; ++i) {
        double t = m.b[i];
        for (std::size_t k = 0; k < m.d; ++k) t += m.V[i * m.d + k] * plain_sigmoid(a[k]);
        x[i] = u[i] < plain_sigmoid(t);
        for (std::size_t k = 0; k < m.d; ++k) a[k] += m.W[k * m.n + i] * x[i];
    }
}

}  // namespace ardens
