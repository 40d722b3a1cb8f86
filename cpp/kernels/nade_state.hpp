// NADE's hidden state: ways to keep a_i, and the tables that go with them.
#pragma once

#include "../lanes.hpp"
#include "contract.hpp"

namespace {

// Tables of a model, derived from its parameters: rows as in the plan.
struct NadeTables {
    const float *forward, *back;  // exp(-W/power), exp(W/power)
    const float *s0, *h0;         // state and hidden units before any one
    const float *least, *most;    // bounds of a_i over all rows
    const float* base;            // logits before any one
    std::size_t K;

    explicit NadeTables(const View& model) : NadeTables(model.tables, model.shape) {}
    NadeTables(const float* tables, Shape shape) {
        NadePlan plan(shape);
        K = plan.units;
        forward = tables;
        back = forward + plan.rows * plan.stride;
        s0 = back + plan.rows * plan.stride;
        h0 = s0 + K;
        least = h0 + K;
        most = least + K;
        base = most + K;
    }
    static std::size_t base_offset(Shape shape) {
        NadePlan plan(shape);
        return 2 * plan.rows * plan.stride + 4 * plan.units;
    }
    static std::size_t size(Shape shape) { return base_offset(shape) + pad(shape.n, 16); }

    // Whether |a_i|, whatever the row, and every |W_i| stay below a bound. NaN: no.
    bool within(float bound) const {
        bool inside = true;
        for (std::size_t k = 0; k < K; ++k)
            inside &= least[k] > -bound && most[k] < bound && most[k] - least[k] < bound;
        return inside;
    }
};

// s = exp(-a/power), moved by a multiplication; h = 1 / (1 + s^power). The higher power reaches further,
// for two multiplications more and a rounding error in a that is four times larger.
template <int power>
struct Exponential {
    static constexpr float BOUND = 80.0f * power;  // s and its steps stay normal numbers
    static const float* steps(const View& model) { return NadeTables(model).forward; }
    static const float* back_steps(const View& model) { return NadeTables(model).back; }
    static vf start(vf c) { return exp(c * (-1.0f / power)); }
    static vf forward(vf s, vf step) { return s * step; }
    static vf back(vf s, vf step) { return s * step; }
    // 1 + exp(-a), or 2^60 where that is larger: the product of two stays finite, h is off by 1e-18 at most.
    static vf divisor(vf s) {
        for (int p = power; p > 2; p /= 2) s *= s;
        return min(fma(s, s, splat(1.0f)), splat(0x1p60f));
    }
    // One division for two registers, 16 units apart at every level.
    static void hidden(vf& h0, vf& h1, vf s0, vf s1) {
        vf t0 = divisor(s0), t1 = divisor(s1), r = 1.0f / (t0 * t1);
        h0 = r * t1;
        h1 = r * t0;
    }
};

// s = a itself, for parameters that could drive the others out of range.
struct Additive {
    static const float* steps(const View& model) { return model.params + NadePlan(model.shape).W; }
    static const float* back_steps(const View& model) { return steps(model); }
    static vf start(vf c) { return c; }
    static vf forward(vf s, vf step) { return s + step; }
    static vf back(vf s, vf step) { return s - step; }
    static void hidden(vf& h0, vf& h1, vf s0, vf s1) {
        h0 = sigmoid(s0);
        h1 = sigmoid(s1);
    }
};

// Calls f with the plainest state that the model's parameters allow.
template <typename F>
inline void with_state(const NadeTables& tables, F f) {
    if (tables.within(Exponential<2>::BOUND)) {
        f(Exponential<2>{});
    } else if (tables.within(Exponential<8>::BOUND)) {
        f(Exponential<8>{});
    } else {
        f(Additive{});
    }
}

// Stage 0: bounds of a over all rows, for units begin ... end - 1.
inline void nade_bounds(float* tables, const float* params, Shape shape, std::size_t begin, std::size_t end) {
    NadePlan plan(shape);
    float *least = tables + 2 * plan.rows * plan.stride + 2 * plan.units, *most = least + plan.units;
    for (std::size_t k = begin; k < end; k += LANES) {
        vf lo = load(params + plan.c + k), hi = lo;
        for (std::size_t at = k; at < plan.rows * plan.stride; at += plan.stride) {
            vf w = load(params + plan.W + at);
            lo += min(w, vf{});
            hi += max(w, vf{});
        }
        store(least + k, lo);
        store(most + k, hi);
    }
}

// Stage 1: the state before any one.
template <typename State>
inline void nade_start(State, float* tables, const float* params, Shape shape) {
    NadePlan plan(shape);
    std::size_t K = plan.units;
    float *s0 = tables + 2 * plan.rows * plan.stride, *h0 = s0 + K;
    for (std::size_t pair = 0; pair < K; pair += 2 * BLOCK)
        for (std::size_t k = pair; k < pair + BLOCK; k += LANES) {
            vf first = State::start(load(params + plan.c + k)),
               second = State::start(load(params + plan.c + k + BLOCK));
            vf h_first, h_second;
            State::hidden(h_first, h_second, first, second);
            store(s0 + k, first);
            store(s0 + k + BLOCK, second);
            store(h0 + k, h_first);
            store(h0 + k + BLOCK, h_second);
        }
}

// Stage 2: steps, for rows begin ... end - 1.
template <int power>
inline void nade_steps(Exponential<power>, float* tables, const float* params, Shape shape, std::size_t begin,
                       std::size_t end) {
    NadePlan plan(shape);
    std::size_t table = plan.rows * plan.stride;
    for (std::size_t at = begin * plan.stride; at < end * plan.stride; at += LANES) {
        vf w = load(params + plan.W + at) * (1.0f / power);
        vf step = exp(-w);
        store(tables + at, step);
        store(tables + table + at, 1.0f / step);
    }
}
inline void nade_steps(Additive, float*, const float*, Shape, std::size_t, std::size_t) {}

}  // namespace
