// NADE: what is derived from the parameters.
#pragma once

#include "kernels/nade/product.hpp"

namespace {

// What the parts begin ... end - 1 add to the tables: V, steps, the state before any one, the largest |c| or |W|.
template <typename F>
void nade_fill_tables(float* out, const float* params, Shape shape, std::size_t begin, std::size_t end) {
    NadePlan plan(shape);
    auto tables = lay_out<NadeTablesOf<float>>(out, shape);
    for (std::size_t k = begin * PART; k < end * PART; k += LANES) {
        vf c = load(params + plan.c + k);
        store(tables.h0 + k, F::of(c));
        if constexpr (F::RATE == 0.0f) continue;
        store(tables.s0 + k, Forward<F>::start(c));
        store(tables.largest + k, abs(c));
    }
    for (std::size_t i = 0; i < plan.rows; ++i)
        for (std::size_t k = begin * PART; k < end * PART; k += LANES) {
            std::size_t at = i * plan.stride + k, p = k / PART, l = k % PART;
            store(tables.V.at(p, i) + l, load(params + plan.V + at));
            if constexpr (F::RATE == 0.0f) continue;
            vf w = load(params + plan.W + at), most = load(tables.largest + k), step = exp(w * F::RATE);
            store(tables.forward + at, step);
            store(tables.back.at(p, i) + l, 1.0f / step);
            w = abs(w);
            store(tables.largest + k, ((most < w) | (w != w)) ? w : most);
        }
}

// Stage 0: all but the logits before any one, by parts of the units. Stage 1: those, in as many shares of
// the blocks as are worth a thread.
std::size_t nade_stage_items(Shape s, std::size_t stage) {
    const std::size_t items[MAX_STAGES] = {nade_parts(s), 1 + s.n * s.d / 1000000};
    return items[stage];
}

void nade_prepare(float* out, const float* params, Shape shape, std::size_t stage, std::size_t begin, std::size_t end) {
    if (stage == 0) {
        with_activation(shape, [&]<typename F>(F) { nade_fill_tables<F>(out, params, shape, begin, end); });
        return;
    }
    auto tables = lay_out<NadeTablesOf<float>>(out, shape);
    std::size_t blocks = n_blocks(shape), shares = nade_stage_items(shape, stage);
    for (std::size_t block = blocks * begin / shares; block < blocks * end / shares; ++block) {
        float* base = tables.base + BLOCK * block;
        nade_each_slice(nade_block({shape, params, out}, params, block), [&](std::size_t k, const NadeBlock& slice) {
            const float* h0 = tables.h0 + k;
            nade_product<1>(&base, &h0, slice);
        });
    }
}

}  // namespace
