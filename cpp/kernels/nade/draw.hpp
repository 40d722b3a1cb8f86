// NADE: a tile of rows, drawn block by block.
#pragma once

#include "kernels/bernoulli.hpp"
#include "kernels/nade/direct.hpp"
#include "kernels/nade/forward.hpp"

namespace {

template <typename State>
void nade_draw_begin(float* states, const View& model, std::size_t rows) {
    using Again = Additive<typename State::Activation>;
    const NadeDrawn row = nade_drawn(states, 0, model.shape);
    const std::size_t width = model.shape.direct ? FvsbnPlan(model.shape).width : 0;
    for (std::size_t r = 0, at = 0; r < rows; ++r, at += floats_of<NadeDrawn>(model.shape)) {
        nade_start<State>(row.s + at, row.h + at, model);
        row.additive[at] = std::is_same_v<State, Again>;
        row.fresh[at] = 1;
        std::memset(row.direct + at, 0, width * sizeof(float));
    }
}

template <typename State>
void nade_draw_block(std::uint8_t* X, float* logits, float* states, const View& model, const Words& words, Known& known,
                     std::size_t block, std::size_t rows) {
    std::size_t n = model.shape.n, stride = pad(n, LINE);
    alignas(64) float at[MAX_TILE][BLOCK], column[MAX_TILE] = {};  // logits of the block, of a feature
    const NadeDrawn row = nade_drawn(states, 0, model.shape);
    const std::size_t apart = floats_of<NadeDrawn>(model.shape);
    RowSet fresh = 0;
    for (std::size_t r = 0; r < rows; ++r) fresh |= RowSet{row.fresh[r * apart]} << r;
    NadeBlock four = nade_block(model, State::steps(model), block);
    NadeAhead ahead(four, block + 1 == n_blocks(model.shape), rows / BLOCK);
    // The four logits as if the block had no one; after a one, those behind it are computed again.
    v4f before = load4(nade_tables(model).base + BLOCK * block);
    each_row(fresh, [&](std::size_t r) { store4(at[r], before); });
    nade_each_slice(four, [&](std::size_t k, const NadeBlock& slice) {
        NadeOperands others;
        each_row(first_rows(rows) & ~fresh, [&](std::size_t r) { others.add(at[r], row.h + r * apart + k); });
        nade_products(others.out, others.h, others.count, slice);
    });
    std::size_t count = n - BLOCK * block < BLOCK ? n - BLOCK * block : BLOCK;
    NadeMoves drawn{};
    for (std::size_t q = 0; q < count; ++q) {
        std::size_t i = BLOCK * block + q;
        if (model.shape.direct)
            for (std::size_t r = 0; r < rows; ++r) at[r][q] += row.direct[r * apart + i];
        for (std::size_t r = 0; r < rows; ++r) column[r] = at[r][q];
        drawn.ones[q] = draw(column, words, known, q, rows);
        nade_each_slice(four, [&](std::size_t k, const NadeBlock& slice) {
            each_row(drawn.ones[q], [&](std::size_t r) {
                nade_sweep_after<State>[q](at[r], row.s + r* apart + k, row.h + r* apart + k, slice);
                ahead.fetch();
            });
        });
        if (model.shape.direct)
            each_row(drawn.ones[q], [&](std::size_t r) { nade_direct_one(row.direct + r * apart, model, i); });
    }
    each_row(fresh & (drawn.ones[0] | drawn.ones[1] | drawn.ones[2] | drawn.ones[3]),
             [&](std::size_t r) { row.fresh[r * apart] = 0; });
    for (std::size_t r = 0; r < rows; ++r) {
        store4(logits + r * stride + BLOCK * block, load4(at[r]));
        drawn.write(X + r * n + BLOCK * block, r, count);
    }
}

}  // namespace
