// NADE: a tile of rows, drawn block by block.
#pragma once

#include "kernels/bernoulli.hpp"
#include "kernels/nade/direct.hpp"
#include "kernels/nade/forward.hpp"

namespace {

// Rows whose states s and h are before any one.
template <typename State>
inline void nade_draw_blocks(std::uint8_t* X, float* logits, float* const* s, float* const* h, float* sums,
                             const View& model, Stream stream, std::size_t rows) {
    std::size_t n = model.shape.n, stride = pad(n, LINE), blocks = n_blocks(model.shape);
    const float *base = nade_tables(model).base, *steps = State::steps(model);
    NadeDirectDraw direct(model, rows, sums);
    alignas(64) std::uint32_t words[BLOCK][MAX_TILE];
    alignas(64) float at[MAX_TILE][BLOCK], column[MAX_TILE] = {};  // logits of the block, of a feature
    RowSet all = first_rows(rows), fresh = all;
    for (std::size_t block = 0; block < blocks; ++block) {
        NadeBlock four = nade_block(model, steps, block);
        NadeAhead ahead(four, block + 1 == blocks, rows / BLOCK);
        // The four logits as if the block had no one; after a one, those behind it are computed again.
        each_row(fresh, [&, before = load4(base + BLOCK * block)](std::size_t r) { store4(at[r], before); });
        nade_each_slice(four, [&](std::size_t k, const NadeBlock& slice) {
            NadeOperands others;
            each_row(all & ~fresh, [&](std::size_t r) { others.add(at[r], h[r] + k); });
            nade_products(others.out, others.h, others.count, slice);
        });
        philox(words, stream, block, rows);
        std::size_t count = n - BLOCK * block < BLOCK ? n - BLOCK * block : BLOCK;
        NadeMoves drawn{};
        for (std::size_t q = 0; q < count; ++q) {
            std::size_t i = BLOCK * block + q;
            if (model.shape.direct) direct.add_to(&at[0][q], BLOCK, i);
            for (std::size_t r = 0; r < rows; ++r) column[r] = at[r][q];
            drawn.ones[q] = draw(column, words[q], rows);
            fresh &= ~drawn.ones[q];
            nade_each_slice(four, [&](std::size_t k, const NadeBlock& slice) {
                each_row(drawn.ones[q], [&](std::size_t r) {
                    nade_sweep_after<State>[q](at[r], s[r] + k, h[r] + k, slice);
                    ahead.fetch();
                });
            });
            if (model.shape.direct) each_row(drawn.ones[q], [&](std::size_t r) { direct.one(r, i); });
        }
        for (std::size_t r = 0; r < rows; ++r) {
            store4(logits + r * stride + BLOCK * block, load4(at[r]));
            drawn.write(X + r * n + BLOCK * block, r, count);
        }
    }
}

template <typename State>
void nade_draw(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    using Again = Additive<typename State::Activation>;
    std::size_t n = model.shape.n, stride = pad(n, LINE), K = NadePlan(model.shape).units;
    auto memory = lay_out<NadeDrawMemory>(scratch, model.shape);
    float *s[MAX_TILE], *h[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) {
        NadeDrawn row = memory.row(r, model.shape);
        s[r] = row.s;
        h[r] = row.h;
        nade_start<State>(s[r], h[r], model);
    }
    nade_draw_blocks<State>(X, logits, s, h, memory.direct, model, stream, rows);
    bool again[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) again[r] = State::left_range(s[r], K);
    for (std::size_t r = 0; r < rows; ++r)
        if (again[r])
            nade_draw<Again>(X + r * n, logits + r * stride, model, {stream.seed, stream.start + r}, 1, scratch);
}

}  // namespace
