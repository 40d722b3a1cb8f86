// NADE: logits and states of a tile of rows.
#pragma once

#include "kernels/nade/product.hpp"
#include "kernels/nade/sweep.hpp"

namespace {

// The state of a row before any one.
template <typename State>
void nade_start(float* s, float* h, const View& model) {
    auto tables = nade_tables(model);
    std::memcpy(s, State::initial(model), tables.K * sizeof(float));
    std::memcpy(h, tables.h0, tables.K * sizeof(float));
}

// What the units of a slice, from unit k on, add to the logits of some rows. The first slice brings the biases, and
// all that is to be known of rows before their first one.
template <typename State>
void nade_slice(float* logits, float* const* s, float* const* h, const NadeMoves* moves, const View& model,
                const NadeBlock& slice, std::size_t k) {
    std::size_t stride = pad(model.shape.n, LINE), blocks = n_blocks(model.shape);
    auto tables = nade_tables(model);
    NadeBlock four = slice;
    for (std::size_t block = 0; block < blocks; ++block) {
        const NadeMoves& now = moves[block];
        float* first = logits + BLOCK * block;
        NadeAhead ahead(four, block + 1 == blocks, static_cast<std::size_t>(std::popcount(now.active)));
        if (four.b) {
            v4f base = load4(tables.base + BLOCK * block);
            each_row(now.fresh & ~now.active, [&](std::size_t r) { store4(first + r * stride, base); });
        }
        NadeOperands still;
        each_row(now.still, [&](std::size_t r) { still.add(first + r * stride, h[r] + k); });
        nade_products(still.out, still.h, still.count, four);
        each_row(now.active, [&](std::size_t r) {
            NadeSweep sweep = nade_sweep_pattern<State>[now.pattern(r)];
            sweep(first + r * stride, s[r] + k, h[r] + k, four);
            ahead.fetch();
        });
        four = four.next();
    }
}

template <typename State>
void nade_forward(float* logits, float* states, const View& model, const std::uint8_t* X, std::size_t rows,
                  float* scratch) {
    using Again = Additive<typename State::Activation>;
    std::size_t n = model.shape.n, stride = pad(n, LINE);
    auto tables = nade_tables(model);
    NadeMoves* moves = lay_out<NadeForwardMemory>(scratch, model.shape).moves;
    nade_moves(moves, X, first_rows(rows), model.shape);
    float *s[MAX_TILE], *h[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) {
        NadeEnd end = nade_end(states, r, model.shape);
        s[r] = end.s;
        h[r] = end.h;
        *end.additive = std::is_same_v<State, Again>;
        nade_start<State>(s[r], h[r], model);
    }
    nade_each_slice(nade_block(model, State::steps(model), 0), [&](std::size_t k, const NadeBlock& slice) {
        nade_slice<State>(logits, s, h, moves, model, slice, k);
    });
    bool again[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) again[r] = State::left_range(s[r], tables.K);
    for (std::size_t r = 0; r < rows; ++r)
        if (again[r])
            nade_forward<Again>(logits + r * stride, states + r * floats_of<NadeEnd>(model.shape), model, X + r * n, 1,
                                scratch);
}

}  // namespace
