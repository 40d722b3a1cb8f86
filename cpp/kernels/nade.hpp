// NADE (Larochelle & Murray 2011): a_1 = c, h_i = sigma(a_i), logit_i = V_i . h_i + b_i,
// a_{i+1} = a_i + W_i x_i, so h changes only after a one.
//
// Features are taken four at a time. For a row with no one among the four, h is fixed: four dot
// products, and all such rows of a tile together are a small matrix product. A row with ones gets
// one sweep over its units that is unrolled for its pattern of the four bits. Before a row's first
// one, its logits are the model's own and are taken from a table.
#pragma once

#include "bernoulli.hpp"
#include "nade_back.hpp"
#include "nade_direct.hpp"
#include "nade_sweep.hpp"

namespace {

template <typename State>
void nade_forward(float* logits, float* states, const View& model, const std::uint8_t* X, std::size_t rows,
                  float* scratch) {
    using Again = Additive<typename State::Activation>;
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    NadePlan plan(model.shape);
    NadeTables tables(model);
    NadeTile tile(scratch, plan.units, State::initial(model), tables.h0, rows);
    const float* steps = State::steps(model);
    for (std::size_t block = 0; FOUR * block < n; ++block) {
        NadeBlock four = nade_block(model, plan, steps, block);
        if (FOUR * (block + 1) < n) nade_block(model, plan, steps, block + 1).prefetch();
        float* out[MAX_TILE];
        const float* h[MAX_TILE];
        std::size_t still = 0;
        for (std::size_t r = 0; r < rows; ++r) {
            float* row = logits + r * stride + FOUR * block;
            if (unsigned pattern = pattern_of(X + r * n, block, n)) {
                tile.sweep(nade_sweep_pattern<State>[pattern], row, r, four);
            } else if (tile.fresh[r]) {
                store4(row, load4(tables.base + FOUR * block));
            } else {
                out[still] = row;
                h[still++] = tile.h[r];
            }
        }
        nade_products(out, h, still, four);
    }
    bool again[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) {
        NadeEnd end(states, r, model.shape);
        std::memcpy(end.s, tile.s[r], plan.units * sizeof(float));
        std::memcpy(end.h, tile.h[r], plan.units * sizeof(float));
        *end.additive = std::is_same_v<State, Again>;
        again[r] = State::left_range(tile.s[r], plan.units);
    }
    for (std::size_t r = 0; r < rows; ++r)
        if (again[r])
            nade_forward<Again>(logits + r * stride, NadeEnd(states, r, model.shape).s, model, X + r * n, 1, scratch);
}

template <typename State>
void nade_draw(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    using Again = Additive<typename State::Activation>;
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    NadePlan plan(model.shape);
    NadeTables tables(model);
    NadeTile tile(scratch, plan.units, State::initial(model), tables.h0, rows);
    const float* steps = State::steps(model);
    NadeDirectDraw direct(model, rows, scratch + MAX_TILE * NadeTile::per_row(plan.units));
    alignas(64) std::uint32_t words[FOUR][MAX_TILE];
    alignas(64) float column[MAX_TILE] = {};
    for (std::size_t block = 0; FOUR * block < n; ++block) {
        NadeBlock four = nade_block(model, plan, steps, block);
        if (FOUR * (block + 1) < n) nade_block(model, plan, steps, block + 1).prefetch();
        float* out[MAX_TILE];
        const float* h[MAX_TILE];
        std::size_t moved = 0;
        for (std::size_t r = 0; r < rows; ++r) {
            float* row = logits + r * stride + FOUR * block;
            if (tile.fresh[r]) {
                store4(row, load4(tables.base + FOUR * block));
            } else {
                out[moved] = row;
                h[moved++] = tile.h[r];
            }
        }
        // The four logits as if the block had no one; after a one, those behind it are computed again.
        nade_products(out, h, moved, four);
        philox(words, stream, block, rows);
        for (std::size_t q = 0; q < FOUR && FOUR * block + q < n; ++q) {
            std::size_t i = FOUR * block + q;
            if (model.shape.direct) direct.add_to(logits, i);
            for (std::size_t r = 0; r < rows; ++r) column[r] = logits[r * stride + i];
            RowSet ones = draw(column, words[q], rows);
            for (std::size_t r = 0; r < rows; ++r) X[r * n + i] = ones >> r & 1;
            each_row(ones, [&](std::size_t r) {
                tile.sweep(nade_sweep_after<State>[q], logits + r * stride + FOUR * block, r, four);
                if (model.shape.direct) direct.one(r, i);
            });
        }
    }
    bool again[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) again[r] = State::left_range(tile.s[r], plan.units);
    for (std::size_t r = 0; r < rows; ++r)
        if (again[r])
            nade_draw<Again>(X + r * n, logits + r * stride, model, {stream.seed, stream.start + r}, 1, scratch);
}

Needs nade_needs(Shape s) {
    NadePlan plan(s);
    std::size_t tile = MAX_TILE * (NadeTile::per_row(plan.units) + NadeDirectDraw::per_row(s));
    std::size_t backward = (sizeof(NadeRows) + plan.rows / FOUR * sizeof(NadeOrder)) / sizeof(float);
    return {NadeTables::size(s), NadeEnd::size(s), tile > backward ? tile : backward};
}

// Stage 0: all but the logits before any one, by parts of the units. Stage 1: those, in as many parts of
// the blocks as are worth a thread.
std::size_t nade_stage_items(Shape s, std::size_t stage) {
    const std::size_t items[MAX_STAGES] = {nade_parts(s), 1 + s.n * s.d / 1000000};
    return items[stage];
}

void nade_prepare(float* out, const float* params, Shape shape, std::size_t stage, std::size_t begin, std::size_t end) {
    if (stage == 0) {
        with_activation(shape, [&]<typename F>(F) { nade_tables<F>(out, params, shape, begin * UNITS, end * UNITS); });
        return;
    }
    NadeTables tables(out, shape);
    std::size_t blocks = pad(shape.n, FOUR) / FOUR, parts = nade_stage_items(shape, stage);
    for (std::size_t block = blocks * begin / parts; block < blocks * end / parts; ++block) {
        float* base = out + NadeTables::base_offset(shape) + FOUR * block;
        nade_product<1>(&base, &tables.h0, nade_block({shape, params, out}, NadePlan(shape), nullptr, block));
    }
}

// Calls f with the state that the parameters allow.
template <typename Call>
inline void with_state(const View& model, Call f) {
    with_activation(model.shape, [&]<typename F>(F) {
        if constexpr (F::RATE != 0.0f) {
            if (NadeTables(model).exponential<F>()) return f(Forward<F>{});
        }
        f(Additive<F>{});
    });
}

void nade_logits(float* logits, float* states, const View& model, const std::uint8_t* X, std::size_t rows,
                 float* scratch) {
    FlushToZero flush;
    with_state(model, [&]<typename State>(State) { nade_forward<State>(logits, states, model, X, rows, scratch); });
    if (model.shape.direct) nade_direct(logits, states, model, X, rows);
}

void nade_backward(float* grad, const View& model, const float* delta, float* states, const std::uint8_t* X,
                   std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    NadeMembers exponential, additive;
    for (std::size_t r = 0; r < rows; ++r) {
        NadeMembers& kind = *NadeEnd(states, r, model.shape).additive != 0.0f ? additive : exponential;
        kind.row[kind.count++] = static_cast<std::uint8_t>(r);
    }
    with_activation(model.shape, [&]<typename F>(F) {
        if constexpr (F::RATE != 0.0f)
            if (exponential.count)
                nade_back<Backward<F>>(grad, model, delta, states, X, exponential, begin, end, scratch);
        if (additive.count) nade_back<Additive<F>>(grad, model, delta, states, X, additive, begin, end, scratch);
    });
    if (begin == 0) nade_back_biases(grad, model.shape, delta, rows);
    if (end == nade_parts(model.shape)) nade_back_padding(grad, model.shape);
    if (model.shape.direct) nade_back_direct(grad, model, delta, states, rows, begin, end);
}

void nade_sample(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    FlushToZero flush;
    with_state(model, [&]<typename State>(State) { nade_draw<State>(X, logits, model, stream, rows, scratch); });
}

constexpr ModelKernels nade_kernels = {nade_needs, nade_stage_items, nade_prepare, nade_logits,
                                       nade_parts, nade_backward,    nade_sample};

}  // namespace
