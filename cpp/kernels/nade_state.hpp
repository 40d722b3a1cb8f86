// NADE's hidden state: two ways to keep a_i, and the tables that go with them.
#pragma once

#include "../lanes.hpp"
#include "contract.hpp"

namespace {

// Tables of a model, derived from its parameters: rows as in the plan.
struct NadeTables {
    const float *forward, *back;  // exp(-W/2), exp(W/2)
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

    // Whether exp(-a/2) stays a normal float whatever the row. NaN: no.
    bool bounded() const {
        bool inside = true;
        for (std::size_t k = 0; k < K; ++k) inside &= least[k] > -160.0f && most[k] < 160.0f;
        return inside;
    }
};

// s = exp(-a/2), moved by a multiplication; h = 1 / (1 + s^2). Half of a, so that a may reach +-160.
struct Exponential {
    static const float* steps(const View& model) { return NadeTables(model).forward; }
    static const float* back_steps(const View& model) { return NadeTables(model).back; }
    static vf start(vf c) { return exp(-0.5f * c); }
    static vf forward(vf s, vf step) { return s * step; }
    static vf back(vf s, vf step) { return s * step; }
    // One division for two registers, 16 units apart at every level. 2^60 in place of a larger 1 + s^2 keeps the product finite and
    // h within 1e-18.
    static void hidden(vf& h0, vf& h1, vf s0, vf s1) {
        vf t0 = min(fma(s0, s0, splat(1.0f)), splat(0x1p60f)), t1 = min(fma(s1, s1, splat(1.0f)), splat(0x1p60f));
        vf r = 1.0f / (t0 * t1);
        h0 = r * t1;
        h1 = r * t0;
    }
};

// s = a itself, for parameters that could drive exp(-a/2) out of range.
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

// Stage 0: steps and bounds of the units k ... k + 31.
inline void nade_steps(float* tables, const float* params, Shape shape, std::size_t begin, std::size_t end) {
    NadePlan plan(shape);
    std::size_t K = plan.units, table = plan.rows * plan.stride;
    float *least = tables + 2 * table + 2 * K, *most = least + K;
    for (std::size_t k = begin; k < end; k += LANES) {
        vf lo = load(params + plan.c + k), hi = lo;
        for (std::size_t at = k; at < table; at += plan.stride) {
            vf w = load(params + plan.W + at);
            store(tables + at, exp(-0.5f * w));
            store(tables + table + at, exp(0.5f * w));
            lo += min(w, vf{});
            hi += max(w, vf{});
        }
        store(least + k, lo);
        store(most + k, hi);
    }
}

// Stage 1: the state before any one.
template <typename State>
inline void nade_start(float* tables, const float* params, Shape shape) {
    NadePlan plan(shape);
    std::size_t K = plan.units;
    float *s0 = tables + 2 * plan.rows * plan.stride, *h0 = s0 + K;
    for (std::size_t pair = 0; pair < K; pair += 2 * BLOCK)
        for (std::size_t k = pair; k < pair + BLOCK; k += LANES) {
            vf first = State::start(load(params + plan.c + k)), second = State::start(load(params + plan.c + k + BLOCK));
            vf h_first, h_second;
            State::hidden(h_first, h_second, first, second);
            store(s0 + k, first);
            store(s0 + k + BLOCK, second);
            store(h0 + k, h_first);
            store(h0 + k + BLOCK, h_second);
        }
}

}  // namespace
