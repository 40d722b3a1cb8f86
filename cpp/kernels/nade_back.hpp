// NADE's gradient. With u = sum of delta_i V_i since the last change of h and g = dlog p / da:
// g <- g + u * h (1 - h) where h changes, dW_i = x_i g, dV_i = delta_i h, dc = g at the end.
// Hidden units do not meet in it, so a part of the units is one thread's work for all rows.
#pragma once

#include "nade_sweep.hpp"

namespace {

constexpr std::size_t UNITS = 2 * BLOCK;  // hidden units of one part

std::size_t nade_units(Shape s) { return NadePlan(s).units / UNITS; }

// The rows of a batch, seen by one part of the units: (rows, UNITS) each. Before their first one all
// rows have the same h, and one row more stands for them: the pool.
constexpr std::size_t POOL = MAX_BATCH;
struct NadeRows {
    alignas(64) float s[POOL + 1][UNITS], h[POOL + 1][UNITS], u[POOL + 1][UNITS], g[POOL + 1][UNITS];
};

// Of a block: the rows at rest first, each row's pattern and its four deltas, in that order.
struct NadeOrder {
    static constexpr unsigned FIRST = 16;  // in a pattern: these are the row's first ones
    std::size_t still, count;
    std::uint8_t row[POOL + 1], pattern[POOL + 1];
    float delta[POOL + 1][FOUR];

    void put(std::size_t place, std::size_t r, unsigned p, v4f d) {
        row[place] = static_cast<std::uint8_t>(r);
        pattern[place] = static_cast<std::uint8_t>(p);
        store4(delta[place], d);
    }
};

inline void nade_order(NadeOrder* orders, const float* delta, const std::uint8_t* X, std::size_t rows, std::size_t n) {
    std::size_t stride = pad(n, BLOCK);
    bool fresh[MAX_BATCH];
    for (std::size_t r = 0; r < rows; ++r) fresh[r] = true;
    for (std::size_t block = 0; FOUR * block < n; ++block) {
        NadeOrder& order = orders[block];
        std::size_t still = 0, last = POOL + 1;
        v4f pool{};
        for (std::size_t r = 0; r < rows; ++r) {
            unsigned pattern = pattern_of(X + r * n, block, n);
            v4f d = load4(delta + r * stride + FOUR * block);
            if (pattern) {
                order.put(--last, r, pattern | (fresh[r] ? NadeOrder::FIRST : 0), d);
                fresh[r] = false;
            } else if (fresh[r]) {
                pool += d;
            } else {
                order.put(still++, r, 0, d);
            }
        }
        order.put(still++, POOL, 0, pool);
        order.still = still;
        order.count = last;
    }
}

struct NadeGradBlock {
    float *gV, *gW;
    const float *V, *steps;
    std::size_t stride;

    // Fetch the lines of the block that comes next; they are as far apart as rows of V.
    void prefetch() const {
        for (std::size_t q = 0; q < FOUR; ++q)
            for (std::size_t k = 0; k < UNITS; k += BLOCK) {
                __builtin_prefetch(V + q * stride + k);
                __builtin_prefetch(steps + q * stride + k);
                __builtin_prefetch(gV + q * stride + k, 1);
                __builtin_prefetch(gW + q * stride + k, 1);
            }
    }
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

template <typename State>
void nade_back(float* grad, const View& model, const float* delta, const float* state, const std::uint8_t* X,
               std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK), blocks = pad(n, FOUR) / FOUR;
    NadePlan plan(model.shape);
    NadeTables tables(model);
    const float* steps = State::back_steps(model);
    NadeRows& part = *reinterpret_cast<NadeRows*>(scratch);
    NadeOrder* orders = reinterpret_cast<NadeOrder*>(scratch + sizeof(NadeRows) / sizeof(float));
    nade_order(orders, delta, X, rows, n);
    for (std::size_t k = begin * UNITS; k < end * UNITS; k += UNITS) {
        auto block_at = [&](std::size_t block) {
            std::size_t row = FOUR * block * plan.stride + k;
            return NadeGradBlock{grad + plan.V + row, grad + plan.W + row, model.params + plan.V + row, steps + row,
                                 plan.stride};
        };
        std::memset(part.u, 0, sizeof part.u);
        std::memset(part.g, 0, sizeof part.g);
        for (std::size_t r = 0; r < rows; ++r) {
            std::memcpy(part.s[r], state + 2 * r * plan.units + k, sizeof part.s[0]);
            std::memcpy(part.h[r], state + (2 * r + 1) * plan.units + k, sizeof part.h[0]);
        }
        std::memcpy(part.h[POOL], tables.h0 + k, sizeof part.h[0]);
        for (std::size_t block = blocks; block-- > 0;) {
            const NadeOrder& order = orders[block];
            NadeGradBlock four = block_at(block);
            if (block > 0) block_at(block - 1).prefetch();
            nade_still(part, order, four);
            for (std::size_t o = POOL + 1; o-- > order.count;) {
                std::size_t r = order.row[o];
                nade_unsweep_pattern<State>[order.pattern[o] % NadeOrder::FIRST](part, r, order.delta[o], four);
                if (order.pattern[o] < NadeOrder::FIRST) continue;
                for (std::size_t l = 0; l < UNITS; l += LANES) {
                    store(part.u[POOL] + l, load(part.u[POOL] + l) + load(part.u[r] + l));
                    store(part.g[POOL] + l, load(part.g[POOL] + l) + load(part.g[r] + l));
                }
            }
        }
        for (std::size_t l = 0; l < UNITS; l += LANES) {
            vf h = load(part.h[POOL] + l), g = fma(load(part.u[POOL] + l) * h, 1.0f - h, load(part.g[POOL] + l));
            store(grad + plan.c + k + l, load(grad + plan.c + k + l) + g);
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

}  // namespace
