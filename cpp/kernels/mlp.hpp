// MLP: logit_i = V_i . h_i + b_i with h_i = sigma(c_i + sum over j < i of A_ij x_j), a hidden layer
// of its own for every feature.
#pragma once

#include "bernoulli.hpp"
#include "ones.hpp"

namespace {

Needs mlp_needs(Shape s) { return {0, s.n + 1, MAX_TILE * (s.n + 1)}; }
std::size_t mlp_stage_items(Shape, std::size_t) { return 0; }
void mlp_prepare(float*, const float*, Shape, std::size_t, std::size_t, std::size_t) {}

// First row of A that belongs to feature i.
inline std::size_t mlp_row(std::size_t i) { return i * (i - 1) / 2; }

// h = sigma(c_i + sum over the ones j < i of A_ij) in LANES units from k on.
inline vf mlp_hidden(const View& model, const MlpPlan& plan, std::size_t i, const std::uint32_t* ones, std::size_t k) {
    vf a = load(model.params + plan.c + i * plan.stride + k);
    const float* A = model.params + plan.A + (i ? mlp_row(i) : 0) * plan.stride + k;
    for (std::size_t o = 0; o < ones[0] && ones[1 + o] < i; ++o) a += load(A + ones[1 + o] * plan.stride);
    return sigmoid(a);
}

inline float mlp_logit(const View& model, const MlpPlan& plan, std::size_t i, const std::uint32_t* ones) {
    const float* V = model.params + plan.V + i * plan.stride;
    alignas(64) float sums[BLOCK] = {};
    for (std::size_t k = 0; k < plan.stride; k += LANES) {
        float* lanes = sums + k % BLOCK;
        store(lanes, fma(load(V + k), mlp_hidden(model, plan, i, ones, k), load(lanes)));
    }
    return fold(sums) + model.params[plan.b + i];
}

void mlp_logits(float* logits, float* state, const View& model, const std::uint8_t* X, std::size_t rows, float*) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    MlpPlan plan(model.shape);
    list_ones(state, X, rows, n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t r = 0; r < rows; ++r)
            logits[r * stride + i] = mlp_logit(model, plan, i, ones_of_row(state, r, n));
}

// A unit is two features: their networks share nothing with the others.
std::size_t mlp_units(Shape s) { return (s.n + 1) / 2; }

void mlp_backward(float* grad, const View& model, const float* delta, float* state, const std::uint8_t*,
                  std::size_t rows, std::size_t begin, std::size_t end, float*) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    MlpPlan plan(model.shape);
    each_member(n, begin, end, [&](std::size_t i) {
        const float* V = model.params + plan.V + i * plan.stride;
        float* gA = grad + plan.A + (i ? mlp_row(i) : 0) * plan.stride;
        float* gV = grad + plan.V + i * plan.stride;
        float* gc = grad + plan.c + i * plan.stride;
        for (std::size_t r = 0; r < rows; ++r) {
            const std::uint32_t* ones = ones_of_row(state, r, n);
            float d = delta[r * stride + i];
            grad[plan.b + i] += d;
            for (std::size_t k = 0; k < plan.stride; k += LANES) {
                vf h = mlp_hidden(model, plan, i, ones, k);
                store(gV + k, fma(splat(d), h, load(gV + k)));
                vf g = splat(d) * load(V + k) * h * (1.0f - h);
                store(gc + k, load(gc + k) + g);
                for (std::size_t o = 0; o < ones[0] && ones[1 + o] < i; ++o) {
                    float* gj = gA + ones[1 + o] * plan.stride + k;
                    store(gj, load(gj) + g);
                }
            }
        }
        // Units past d have h = 1/2: their V must not move.
        for (std::size_t k = model.shape.d; k < plan.stride; ++k) gV[k] = 0.0f;
    });
}

void mlp_sample(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    MlpPlan plan(model.shape);
    alignas(64) std::uint32_t words[4][MAX_TILE];
    alignas(64) float column[MAX_TILE] = {}, bits[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) ones_of_row(scratch, r, n)[0] = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (i % 4 == 0) philox(words, stream.start, static_cast<std::uint32_t>(i / 4), stream.seed);
        for (std::size_t r = 0; r < rows; ++r)
            column[r] = logits[r * stride + i] = mlp_logit(model, plan, i, ones_of_row(scratch, r, n));
        draw(bits, column, words[i % 4], rows);
        for (std::size_t r = 0; r < rows; ++r) {
            X[r * n + i] = bits[r] != 0.0f;
            std::uint32_t* ones = ones_of_row(scratch, r, n);
            ones[1 + ones[0]] = static_cast<std::uint32_t>(i);
            ones[0] += X[r * n + i];
        }
    }
}

constexpr ModelKernels mlp_kernels = {mlp_needs, mlp_stage_items, mlp_prepare, mlp_logits,
                                      mlp_units, mlp_backward,    mlp_sample};

}  // namespace
