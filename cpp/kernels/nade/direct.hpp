// NADE's weights from inputs to logits: FVSBN's sum, added to the logits of the hidden units.
#pragma once

#include "kernels/fvsbn.hpp"
#include "kernels/nade/layout.hpp"

namespace {

inline const float* nade_D(const View& model) { return model.params + NadePlan(model.shape).D; }

// logits += D x, the sums taken from zero in the order of the ones, as `NadeDirectDraw` takes them.
inline void nade_direct(float* logits, float* states, const View& model, const std::uint8_t* X, std::size_t rows) {
    std::size_t n = model.shape.n;
    FvsbnPlan plan(model.shape);
    for (std::size_t r = 0; r < rows; ++r) list_ones(nade_end(states, r, model.shape).ones, X + r * n, n);
    for (std::size_t i = 0; i < plan.width; i += LINE)
        for (std::size_t r = 0; r < rows; ++r) {
            const std::uint32_t* ones = nade_end(states, r, model.shape).ones;
            alignas(64) float sums[LINE] = {};
            add_rows<LINE / LANES>(sums, nade_D(model) + i, plan.stride, ones, i + LINE);
            float* out = logits + r * plan.width + i;
            for (std::size_t l = 0; l < LINE; l += LANES) store(out + l, load(out + l) + load(sums + l));
        }
}

// The share of D that goes with the parts begin ... end - 1 of the units.
inline void nade_back_direct(float* grad, const View& model, const float* delta, float* states, std::size_t rows,
                             std::size_t begin, std::size_t end, float* scratch) {
    std::size_t n = model.shape.n, parts = nade_parts(model.shape), of_D = fvsbn_parts(model.shape);
    auto with_one = lay_out<RowsWithOne>(scratch, n);
    with_one.fill(rows, [&](std::size_t r) { return nade_end(states, r, model.shape).ones; });
    fvsbn_back(grad + NadePlan(model.shape).D, model.shape, delta, with_one, of_D * begin / parts, of_D * end / parts);
}

// While a row is drawn: a one at i is added to what the ones so far add to every later logit.
inline void nade_direct_one(float* sums, const View& model, std::size_t i) {
    FvsbnPlan plan(model.shape);
    const float* row = nade_D(model) + i * plan.stride;
    for (std::size_t l = i / LANES * LANES; l < plan.width; l += LANES) store(sums + l, load(sums + l) + load(row + l));
}

}  // namespace
