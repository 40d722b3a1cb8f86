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
#include "nade_sweep.hpp"

namespace {

template <typename State>
void nade_forward(float* logits, float* state, const View& model, const std::uint8_t* X, std::size_t rows,
                  float* scratch) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    NadePlan plan(model.shape);
    NadeTables tables(model);
    NadeTile tile(scratch, plan.units, tables, rows);
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
    for (std::size_t r = 0; r < rows; ++r) {
        std::memcpy(state + 2 * r * plan.units, tile.s[r], plan.units * sizeof(float));
        std::memcpy(state + (2 * r + 1) * plan.units, tile.h[r], plan.units * sizeof(float));
    }
}

template <typename State>
void nade_draw(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    NadePlan plan(model.shape);
    NadeTables tables(model);
    NadeTile tile(scratch, plan.units, tables, rows);
    const float* steps = State::steps(model);
    alignas(64) std::uint32_t words[FOUR][MAX_TILE];
    alignas(64) float column[MAX_TILE] = {}, bits[MAX_TILE];
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
        philox(words, stream.start, static_cast<std::uint32_t>(block), stream.seed);
        for (std::size_t q = 0; q < FOUR && FOUR * block + q < n; ++q) {
            for (std::size_t r = 0; r < rows; ++r) column[r] = logits[r * stride + FOUR * block + q];
            draw(bits, column, words[q], rows);
            for (std::size_t r = 0; r < rows; ++r) {
                X[r * n + FOUR * block + q] = bits[r] != 0.0f;
                if (bits[r] != 0.0f)
                    tile.sweep(nade_sweep_after<State>[q], logits + r * stride + FOUR * block, r, four);
            }
        }
    }
}

Needs nade_needs(Shape s) {
    NadePlan plan(s);
    std::size_t forward = MAX_TILE * NadeTile::per_row(plan.units);
    std::size_t backward = (sizeof(NadeRows) + plan.rows / FOUR * sizeof(NadeOrder)) / sizeof(float);
    return {NadeTables::size(s), 2 * plan.units, forward > backward ? forward : backward};
}

// Bounds, by parts of the units; the state before any one; steps, by features; the logits before any one, by blocks.
std::size_t nade_stage_items(Shape s, std::size_t stage) {
    NadePlan plan(s);
    const std::size_t items[MAX_STAGES] = {nade_units(s), 1, plan.rows, plan.rows / FOUR};
    return items[stage];
}

void nade_prepare(float* out, const float* params, Shape shape, std::size_t stage, std::size_t begin, std::size_t end) {
    NadeTables tables(out, shape);
    if (stage == 0) {
        nade_bounds(out, params, shape, begin * UNITS, end * UNITS);
    } else if (stage == 1) {
        with_state(tables, [&](auto state) { nade_start(state, out, params, shape); });
    } else if (stage == 2) {
        with_state(tables, [&](auto state) { nade_steps(state, out, params, shape, begin, end); });
    } else {
        for (std::size_t block = begin; block < end; ++block) {
            float* base = out + NadeTables::base_offset(shape) + FOUR * block;
            nade_product<1>(&base, &tables.h0, nade_block({shape, params, out}, NadePlan(shape), nullptr, block));
        }
    }
}

void nade_logits(float* logits, float* states, const View& model, const std::uint8_t* X, std::size_t rows,
                 float* scratch) {
    with_state(NadeTables(model),
               [&](auto state) { nade_forward<decltype(state)>(logits, states, model, X, rows, scratch); });
}

void nade_backward(float* grad, const View& model, const float* delta, float* states, const std::uint8_t* X,
                   std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    with_state(NadeTables(model), [&](auto state) {
        nade_back<decltype(state)>(grad, model, delta, states, X, rows, begin, end, scratch);
    });
}

void nade_sample(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    with_state(NadeTables(model),
               [&](auto state) { nade_draw<decltype(state)>(X, logits, model, stream, rows, scratch); });
}

constexpr ModelKernels nade_kernels = {nade_needs, nade_stage_items, nade_prepare, nade_logits,
                                       nade_units, nade_backward,    nade_sample};

}  // namespace
