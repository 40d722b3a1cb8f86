// NADE (Larochelle & Murray 2011): a_1 = c, h_i = sigma(a_i), logit_i = V_i . h_i + b_i,
// a_{i+1} = a_i + W_i x_i, so h changes only after a one.
//
// Features are taken four at a time. For a row with no one among the four, h is fixed: four dot
// products, and all such rows of a tile together are a small matrix product. A row with ones gets
// one sweep over its units that is unrolled for its pattern of the four bits. Before a row's first
// one, its logits are the model's own and are taken from a table.
#pragma once

#include "kernels/bernoulli.hpp"
#include "kernels/nade/backward.hpp"
#include "kernels/nade/direct.hpp"
#include "kernels/nade/sweep.hpp"

namespace {

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
        if (again[r]) nade_forward<Again>(logits + r * stride, s[r], model, X + r * n, 1, scratch);
}

template <typename State>
void nade_draw(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    using Again = Additive<typename State::Activation>;
    std::size_t n = model.shape.n, stride = pad(n, LINE), blocks = n_blocks(model.shape);
    auto tables = nade_tables(model);
    auto memory = lay_out<NadeDrawMemory>(scratch, model.shape);
    const float* steps = State::steps(model);
    float *s[MAX_TILE], *h[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) {
        NadeDrawn row = memory.row(r, model.shape);
        s[r] = row.s;
        h[r] = row.h;
        nade_start<State>(s[r], h[r], model);
    }
    NadeDirectDraw direct(model, rows, memory.direct);
    alignas(64) std::uint32_t words[BLOCK][MAX_TILE];
    alignas(64) float at[MAX_TILE][BLOCK], column[MAX_TILE] = {};  // logits of the block, of a feature
    RowSet all = first_rows(rows), fresh = all;
    for (std::size_t block = 0; block < blocks; ++block) {
        NadeBlock four = nade_block(model, steps, block);
        NadeAhead ahead(four, block + 1 == blocks, rows / BLOCK);
        // The four logits as if the block had no one; after a one, those behind it are computed again.
        v4f base = load4(tables.base + BLOCK * block);
        each_row(fresh, [&](std::size_t r) { store4(at[r], base); });
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
    bool again[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r) again[r] = State::left_range(s[r], tables.K);
    for (std::size_t r = 0; r < rows; ++r)
        if (again[r])
            nade_draw<Again>(X + r * n, logits + r * stride, model, {stream.seed, stream.start + r}, 1, scratch);
}

Needs nade_needs(Shape s) {
    std::size_t forward = floats_of<NadeForwardMemory>(s), drawing = floats_of<NadeDrawMemory>(s);
    std::size_t back = floats_of<NadeBackMemory>(s), direct = s.direct ? floats_of<RowsWithOne>(s.n) : 0;
    return {floats_of<NadeTablesOf<float>>(s), floats_of<NadeEnd>(s), forward > drawing ? forward : drawing,
            back > direct ? back : direct};
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

// Calls f with the state that the parameters allow.
template <typename Call>
inline void with_state(const View& model, Call f) {
    with_activation(model.shape, [&]<typename F>(F) {
        if constexpr (F::RATE != 0.0f) {
            if (nade_tables(model).template exponential<F>()) return f(Forward<F>{});
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
    nade_back(grad, model, delta, states, X, rows, begin, end, scratch);
    if (begin == 0) nade_back_biases(grad, model.shape, delta, rows);
    if (end == nade_parts(model.shape)) nade_back_padding(grad, model.shape);
    if (model.shape.direct) nade_back_direct(grad, model, delta, states, rows, begin, end, scratch);
}

void nade_sample(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    FlushToZero flush;
    with_state(model, [&]<typename State>(State) { nade_draw<State>(X, logits, model, stream, rows, scratch); });
}

constexpr ModelKernels nade_kernels = {nade_needs, nade_stage_items, nade_prepare, nade_logits,
                                       nade_parts, nade_backward,    nullptr,      nade_sample};

}  // namespace
