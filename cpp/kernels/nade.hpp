// NADE (Larochelle & Murray 2011): a_1 = c, h_i = sigma(a_i), logit_i = V_i . h_i + b_i,
// a_{i+1} = a_i + W_i x_i, so h changes only after a one.
//
// Features are taken four at a time. For a row with no one among the four, h is fixed: four dot
// products, and all such rows of a tile together are a small matrix product. A row with ones gets
// one sweep over its units that is unrolled for its pattern of the four bits. See docs/kernels.md.
#pragma once

#include <bit>

#include "bernoulli.hpp"
#include "nade_state.hpp"

namespace {

constexpr std::size_t FOUR = 4;

// Bits of features 4 block ... 4 block + 3 of a row, the first in bit 0.
inline unsigned pattern_of(const std::uint8_t* x, std::size_t block, std::size_t n) {
    std::size_t i = FOUR * block;
    if (i + FOUR <= n) {
        std::uint32_t bytes;
        std::memcpy(&bytes, x + i, sizeof bytes);
        if constexpr (std::endian::native == std::endian::little) return bytes * 0x01020408u >> 24;
    }
    unsigned pattern = 0;
    for (std::size_t q = 0; q < FOUR && i + q < n; ++q) pattern |= unsigned{x[i + q]} << q;
    return pattern;
}

// What a sweep needs of a block of four features.
struct NadeBlock {
    const float* V;      // four rows of K units
    const float* steps;  // four rows of K units
    const float* b;      // four biases
    std::size_t K, stride;
};

// One row through a block, from the update of feature first - 1 (where first > 0) to feature 3:
// out[first .. 3] are logits, the state moves at every one of `ones`. Reads (s, h), writes (s_out, h_out).
template <typename State, int first, unsigned ones>
void nade_sweep(float* out, float* s_out, float* h_out, const float* s, const float* h, const NadeBlock& four) {
    const NadeBlock block = four;  // a copy that no store can alias
    alignas(64) float lanes[FOUR][BLOCK];
    std::size_t K = block.K;
    for (std::size_t lane = 0; lane < BLOCK; lane += LANES) {
        vf sum[FOUR] = {};
        for (std::size_t k = lane; k < K; k += 2 * BLOCK) {
            vf s0 = load(s + k), s1 = load(s + k + BLOCK), h0, h1;
            auto move = [&](int q) {
                const float* step = block.steps + q * block.stride + k;
                s0 = State::forward(s0, load(step));
                s1 = State::forward(s1, load(step + BLOCK));
                State::hidden(h0, h1, s0, s1);
            };
            if constexpr (first > 0) {
                move(first - 1);
            } else {
                h0 = load(h + k);
                h1 = load(h + k + BLOCK);
            }
#pragma GCC unroll 4
            for (int q = first; q < static_cast<int>(FOUR); ++q) {
                const float* V = block.V + q * block.stride + k;
                sum[q] = fma(load(V), h0, sum[q]);
                sum[q] = fma(load(V + BLOCK), h1, sum[q]);
                if (ones >> q & 1) move(q);
            }
            store(s_out + k, s0);
            store(s_out + k + BLOCK, s1);
            store(h_out + k, h0);
            store(h_out + k + BLOCK, h1);
        }
        for (int q = first; q < static_cast<int>(FOUR); ++q) store(lanes[q] + lane, sum[q]);
    }
    if constexpr (first == 0) {
        store4(out, fold4(lanes[0]) + load4(block.b));
    } else {
        for (int q = first; q < static_cast<int>(FOUR); ++q) out[q] = fold(lanes[q]) + block.b[q];
    }
}

using NadeSweep = void (*)(float*, float*, float*, const float*, const float*, const NadeBlock&);

// By pattern (from the block's beginning), and by the feature that was drawn as one.
template <typename State>
constexpr NadeSweep nade_sweep_pattern[16] = {nullptr,
                                              nade_sweep<State, 0, 1>,
                                              nade_sweep<State, 0, 2>,
                                              nade_sweep<State, 0, 3>,
                                              nade_sweep<State, 0, 4>,
                                              nade_sweep<State, 0, 5>,
                                              nade_sweep<State, 0, 6>,
                                              nade_sweep<State, 0, 7>,
                                              nade_sweep<State, 0, 8>,
                                              nade_sweep<State, 0, 9>,
                                              nade_sweep<State, 0, 10>,
                                              nade_sweep<State, 0, 11>,
                                              nade_sweep<State, 0, 12>,
                                              nade_sweep<State, 0, 13>,
                                              nade_sweep<State, 0, 14>,
                                              nade_sweep<State, 0, 15>};
template <typename State>
constexpr NadeSweep nade_sweep_after[FOUR] = {nade_sweep<State, 1, 0>, nade_sweep<State, 2, 0>, nade_sweep<State, 3, 0>,
                                              nade_sweep<State, 4, 0>};

// Rows at once in the matrix product: 4 x 6 (or 4 x 3) sums, so that they and their factors fill the registers.
constexpr std::size_t ROWS_AT_ONCE = LANES == 16 ? 6 : 3;

// out[row][4] = the four logits of rows whose h does not change in the block.
template <std::size_t rows>
void nade_product(float* const* out, const float* const* h, const NadeBlock& block) {
    alignas(64) float lanes[rows][FOUR][BLOCK];
    for (std::size_t lane = 0; lane < BLOCK; lane += LANES) {
        vf sum[rows][FOUR] = {};
        for (std::size_t k = lane; k < block.K; k += BLOCK) {
            vf v[FOUR];
            for (std::size_t q = 0; q < FOUR; ++q) v[q] = load(block.V + q * block.stride + k);
#pragma GCC unroll 8
            for (std::size_t r = 0; r < rows; ++r) {
                vf hk = load(h[r] + k);
                for (std::size_t q = 0; q < FOUR; ++q) sum[r][q] = fma(v[q], hk, sum[r][q]);
            }
        }
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t q = 0; q < FOUR; ++q) store(lanes[r][q] + lane, sum[r][q]);
    }
    v4f b = load4(block.b);
    for (std::size_t r = 0; r < rows; ++r) store4(out[r], fold4(lanes[r][0]) + b);
}

template <std::size_t rows = ROWS_AT_ONCE>
void nade_products(float* const* out, const float* const* h, std::size_t count, const NadeBlock& block) {
    for (; count >= rows; count -= rows, out += rows, h += rows) nade_product<rows>(out, h, block);
    if constexpr (rows > 1) {
        if (count) nade_products<rows - 1>(out, h, count, block);
    }
}

// A tile of rows on its way through the features: each row's state, or the initial one before its first one.
struct NadeTile {
    float* memory;
    std::size_t K;
    const float *s[MAX_TILE], *h[MAX_TILE];
    bool fresh[MAX_TILE];

    NadeTile(float* scratch, std::size_t units, const NadeTables& tables, std::size_t rows)
        : memory(scratch), K(units) {
        for (std::size_t r = 0; r < rows; ++r) {
            s[r] = tables.s0;
            h[r] = tables.h0;
            fresh[r] = true;
        }
    }
    // Rows start on different cache sets.
    static constexpr std::size_t per_row(std::size_t units) { return 2 * units + 16; }
    void sweep(NadeSweep go, float* out, std::size_t r, const NadeBlock& block) {
        float* own = memory + r * per_row(K);
        go(out, own, own + K, s[r], h[r], block);
        s[r] = own;
        h[r] = own + K;
        fresh[r] = false;
    }
};

inline NadeBlock nade_block(const View& model, const NadePlan& plan, const float* steps, std::size_t block) {
    std::size_t row = FOUR * block * plan.stride;
    return {model.params + plan.V + row, steps + row, model.params + plan.b + FOUR * block, plan.units, plan.stride};
}

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

// ---------------------------------------------------------------------------------------------
// Backward: with u = sum of delta_i V_i since the last change of h and g = dlog p / da,
// g <- g + u * h (1 - h) where h changes, dW_i = x_i g, dV_i = delta_i h, dc = g at the end.
// Hidden units do not meet in it, so a part of the units is one thread's work for all rows.

constexpr std::size_t UNITS = 2 * BLOCK;  // hidden units of one part

std::size_t nade_units(Shape s) { return NadePlan(s).units / UNITS; }

// The rows of a batch, seen by one part of the units: (rows, UNITS) each.
struct NadeRows {
    alignas(64) float s[MAX_BATCH][UNITS], h[MAX_BATCH][UNITS], u[MAX_BATCH][UNITS], g[MAX_BATCH][UNITS];
};

// Of a block: the rows without ones first, each row's pattern and its four deltas, in that order.
struct NadeOrder {
    std::size_t still;
    std::uint8_t row[MAX_BATCH], pattern[MAX_BATCH];
    float delta[MAX_BATCH][FOUR];
};

struct NadeGradBlock {
    float *gV, *gW;
    const float *V, *steps;
    std::size_t stride;
};

// Rows whose h does not change: dV_i += delta_i h, u += delta_i V_i.
inline void nade_still(NadeRows& rows, const NadeOrder& order, const NadeGradBlock& block) {
    constexpr std::size_t AT_ONCE = LANES == 16 ? 2 : 1;  // registers of units that are held with V and dV
    for (std::size_t k = 0; k < UNITS; k += AT_ONCE * LANES) {
        vf v[FOUR][AT_ONCE], gv[FOUR][AT_ONCE];
        for (std::size_t q = 0; q < FOUR; ++q)
            for (std::size_t j = 0; j < AT_ONCE; ++j) {
                v[q][j] = load(block.V + q * block.stride + k + j * LANES);
                gv[q][j] = load(block.gV + q * block.stride + k + j * LANES);
            }
        for (std::size_t o = 0; o < order.still; ++o) {
            std::size_t r = order.row[o];
            vf h[AT_ONCE], u[AT_ONCE];
            for (std::size_t j = 0; j < AT_ONCE; ++j) {
                h[j] = load(rows.h[r] + k + j * LANES);
                u[j] = load(rows.u[r] + k + j * LANES);
            }
            for (std::size_t q = 0; q < FOUR; ++q) {
                vf d = splat(order.delta[o][q]);
                for (std::size_t j = 0; j < AT_ONCE; ++j) {
                    gv[q][j] = fma(d, h[j], gv[q][j]);
                    u[j] = fma(d, v[q][j], u[j]);
                }
            }
            for (std::size_t j = 0; j < AT_ONCE; ++j) store(rows.u[r] + k + j * LANES, u[j]);
        }
        for (std::size_t q = 0; q < FOUR; ++q)
            for (std::size_t j = 0; j < AT_ONCE; ++j) store(block.gV + q * block.stride + k + j * LANES, gv[q][j]);
    }
}

// One row back through a block with ones.
template <typename State, unsigned ones>
void nade_unsweep(NadeRows& rows, std::size_t r, const float* delta, const NadeGradBlock& four) {
    const NadeGradBlock block = four;  // a copy that no store can alias
    for (std::size_t k = 0; k < BLOCK; k += LANES) {
        vf s0 = load(rows.s[r] + k), h0 = load(rows.h[r] + k), u0 = load(rows.u[r] + k), g0 = load(rows.g[r] + k);
        vf s1 = load(rows.s[r] + k + BLOCK), h1 = load(rows.h[r] + k + BLOCK), u1 = load(rows.u[r] + k + BLOCK),
           g1 = load(rows.g[r] + k + BLOCK);
#pragma GCC unroll 4
        for (int q = static_cast<int>(FOUR) - 1; q >= 0; --q) {
            std::size_t at = q * block.stride + k;
            if (ones >> q & 1) {
                g0 = fma(u0 * h0, 1.0f - h0, g0);
                g1 = fma(u1 * h1, 1.0f - h1, g1);
                u0 = u1 = vf{};
                store(block.gW + at, load(block.gW + at) + g0);
                store(block.gW + at + BLOCK, load(block.gW + at + BLOCK) + g1);
                s0 = State::back(s0, load(block.steps + at));
                s1 = State::back(s1, load(block.steps + at + BLOCK));
                State::hidden(h0, h1, s0, s1);
            }
            vf d = splat(delta[q]);
            u0 = fma(d, load(block.V + at), u0);
            u1 = fma(d, load(block.V + at + BLOCK), u1);
            store(block.gV + at, fma(d, h0, load(block.gV + at)));
            store(block.gV + at + BLOCK, fma(d, h1, load(block.gV + at + BLOCK)));
        }
        store(rows.s[r] + k, s0);
        store(rows.h[r] + k, h0);
        store(rows.u[r] + k, u0);
        store(rows.g[r] + k, g0);
        store(rows.s[r] + k + BLOCK, s1);
        store(rows.h[r] + k + BLOCK, h1);
        store(rows.u[r] + k + BLOCK, u1);
        store(rows.g[r] + k + BLOCK, g1);
    }
}

template <typename State>
constexpr void (*nade_unsweep_pattern[16])(NadeRows&, std::size_t, const float*, const NadeGradBlock&) = {
    nullptr,
    nade_unsweep<State, 1>,
    nade_unsweep<State, 2>,
    nade_unsweep<State, 3>,
    nade_unsweep<State, 4>,
    nade_unsweep<State, 5>,
    nade_unsweep<State, 6>,
    nade_unsweep<State, 7>,
    nade_unsweep<State, 8>,
    nade_unsweep<State, 9>,
    nade_unsweep<State, 10>,
    nade_unsweep<State, 11>,
    nade_unsweep<State, 12>,
    nade_unsweep<State, 13>,
    nade_unsweep<State, 14>,
    nade_unsweep<State, 15>};

inline void nade_order(NadeOrder& order, const float* delta, const std::uint8_t* X, std::size_t rows, std::size_t n,
                       std::size_t block) {
    std::size_t stride = pad(n, BLOCK), still = 0, last = rows;
    for (std::size_t r = 0; r < rows; ++r) {
        unsigned pattern = pattern_of(X + r * n, block, n);
        std::size_t place = pattern ? --last : still++;
        order.row[place] = static_cast<std::uint8_t>(r);
        order.pattern[place] = static_cast<std::uint8_t>(pattern);
        store4(order.delta[place], load4(delta + r * stride + FOUR * block));
    }
    order.still = still;
}

template <typename State>
void nade_back(float* grad, const View& model, const float* delta, const float* state, const std::uint8_t* X,
               std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK), blocks = pad(n, FOUR) / FOUR;
    NadePlan plan(model.shape);
    const float* steps = State::back_steps(model);
    NadeRows& part = *reinterpret_cast<NadeRows*>(scratch);
    NadeOrder* orders = reinterpret_cast<NadeOrder*>(scratch + sizeof(NadeRows) / sizeof(float));
    for (std::size_t block = 0; block < blocks; ++block) nade_order(orders[block], delta, X, rows, n, block);
    for (std::size_t k = begin * UNITS; k < end * UNITS; k += UNITS) {
        std::memset(part.u, 0, rows * sizeof part.u[0]);
        std::memset(part.g, 0, rows * sizeof part.g[0]);
        for (std::size_t r = 0; r < rows; ++r) {
            std::memcpy(part.s[r], state + 2 * r * plan.units + k, sizeof part.s[0]);
            std::memcpy(part.h[r], state + (2 * r + 1) * plan.units + k, sizeof part.h[0]);
        }
        for (std::size_t block = blocks; block-- > 0;) {
            const NadeOrder& order = orders[block];
            std::size_t row = FOUR * block * plan.stride + k;
            NadeGradBlock four{grad + plan.V + row, grad + plan.W + row, model.params + plan.V + row, steps + row,
                               plan.stride};
            nade_still(part, order, four);
            for (std::size_t o = rows; o-- > order.still;)
                nade_unsweep_pattern<State>[order.pattern[o]](part, order.row[o], order.delta[o], four);
        }
        for (std::size_t l = 0; l < UNITS; l += LANES) {
            vf gc = load(grad + plan.c + k + l);
            for (std::size_t r = 0; r < rows; ++r) {
                vf h = load(part.h[r] + l);
                gc += fma(load(part.u[r] + l) * h, 1.0f - h, load(part.g[r] + l));
            }
            store(grad + plan.c + k + l, gc);
        }
    }
    if (begin == 0)
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t i = 0; i < stride; i += LANES)
                store(grad + plan.b + i, load(grad + plan.b + i) + load(delta + r * stride + i));
    // Units past d have h = 1/2: their V must not move.
    if (end == nade_units(model.shape))
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t k = model.shape.d; k < plan.units; ++k) grad[plan.V + i * plan.stride + k] = 0.0f;
}

// ---------------------------------------------------------------------------------------------

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
