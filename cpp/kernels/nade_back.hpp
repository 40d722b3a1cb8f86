// NADE's gradient. With u = sum of delta_i V_i since the last change of h and g = dlog p / da:
// g <- g + u * h (1 - h) where h changes, dW_i = x_i g, dV_i = delta_i h, dc = g at the end.
// Hidden units do not meet in it, so a part of the units is one thread's work for all rows.
#pragma once

#include <utility>

#include "nade_sweep.hpp"

namespace {

constexpr std::size_t UNITS = 2 * BLOCK;  // hidden units of one part
constexpr std::size_t CHUNK = 2 * UNITS;  // of those that are taken at once

std::size_t nade_parts(Shape s) { return NadePlan(s).units / UNITS; }

// The rows of a batch, seen by a chunk of the units: (rows, CHUNK) each. Before their first one all
// rows have the same h, and one row more stands for them: the pool.
constexpr std::size_t POOL = MAX_BATCH;
struct NadeRows {
    alignas(64) float s[POOL + 1][CHUNK], h[POOL + 1][CHUNK], u[POOL + 1][CHUNK], g[POOL + 1][CHUNK];
};

// Of a block: its rows by pattern, those at rest first, with their four deltas in the same order.
struct NadeOrder {
    std::size_t begin[17];  // of each pattern
    std::uint8_t row[POOL + 1];
    float delta[POOL + 1][FOUR];
    std::size_t n_first;  // rows with their first ones here
    std::uint8_t first[MAX_BATCH];
};

// The rows of a batch whose state is of one kind.
struct NadeMembers {
    std::uint8_t row[MAX_BATCH];
    std::size_t count = 0;
    const std::uint8_t* begin() const { return row; }
    const std::uint8_t* end() const { return row + count; }
};

inline void nade_order(NadeOrder* orders, const float* delta, const std::uint8_t* X, const NadeMembers& members,
                       std::size_t n) {
    std::size_t stride = pad(n, BLOCK);
    bool fresh[MAX_BATCH];
    for (std::size_t r : members) fresh[r] = true;
    for (std::size_t block = 0; FOUR * block < n; ++block) {
        NadeOrder& order = orders[block];
        std::uint8_t pattern[MAX_BATCH];
        std::size_t count[17] = {0, 1};  // of the pattern before: the pool is at rest
        v4f pool{};
        order.n_first = 0;
        for (std::size_t r : members) {
            pattern[r] = static_cast<std::uint8_t>(pattern_of(X + r * n, block, n));
            if (pattern[r] && fresh[r]) order.first[order.n_first++] = static_cast<std::uint8_t>(r);
            fresh[r] &= pattern[r] == 0;
            if (fresh[r]) {
                pool += load4(delta + r * stride + FOUR * block);
            } else {
                ++count[pattern[r] + 1];
            }
        }
        order.begin[0] = 0;
        for (std::size_t p = 0; p < 16; ++p) order.begin[p + 1] = order.begin[p] + count[p + 1];
        std::size_t next[16];
        std::memcpy(next, order.begin, sizeof next);
        for (std::size_t r : members) {
            if (fresh[r]) continue;
            std::size_t place = next[pattern[r]]++;
            order.row[place] = static_cast<std::uint8_t>(r);
            store4(order.delta[place], load4(delta + r * stride + FOUR * block));
        }
        order.row[next[0]] = POOL;
        store4(order.delta[next[0]], pool);
    }
}

struct NadeGradBlock {
    float *gV, *gW;
    const float *V, *steps;
    std::size_t stride, width;  // `width` units of the chunk

    bool tied() const { return gV == gW; }
    // Fetch the lines of the block that comes next; they are as far apart as rows of V.
    void prefetch() const {
        for (std::size_t q = 0; q < FOUR; ++q)
            for (std::size_t k = 0; k < width; k += BLOCK) {
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
    for (std::size_t k = 0; k < block.width; k += AT_ONCE * LANES) {
        vf v[FOUR][AT_ONCE], gv[FOUR][AT_ONCE];
        for (std::size_t q = 0; q < FOUR; ++q)
            for (std::size_t j = 0; j < AT_ONCE; ++j) {
                v[q][j] = load(block.V + q * block.stride + k + j * LANES);
                gv[q][j] = load(block.gV + q * block.stride + k + j * LANES);
            }
        for (std::size_t o = 0; o < order.begin[1]; ++o) {
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

// Rows with the same ones, back through a block: what they add to dV and dW stays in registers.
template <typename State, unsigned ones>
void nade_unsweep(NadeRows& rows, const NadeOrder& order, const NadeGradBlock& four) {
    const NadeGradBlock block = four;  // a copy that no store can alias
    for (std::size_t k = 0; k < block.width; k += (k + LANES) % BLOCK ? LANES : LANES + BLOCK) {
        auto at = [&](int q, int j) { return q * block.stride + k + j * BLOCK; };
        vf gv[FOUR][2], gw[FOUR][2];
        for (int q = 0; q < static_cast<int>(FOUR); ++q)
            for (int j = 0; j < 2; ++j) {
                gv[q][j] = load(block.gV + at(q, j));
                if (ones >> q & 1) gw[q][j] = block.tied() ? vf{} : load(block.gW + at(q, j));
            }
        for (std::size_t o = order.begin[ones]; o < order.begin[ones + 1]; ++o) {
            std::size_t r = order.row[o];
            vf s[2], h[2], u[2], g[2];
            for (int j = 0; j < 2; ++j) {
                s[j] = load(rows.s[r] + k + j * BLOCK);
                h[j] = load(rows.h[r] + k + j * BLOCK);
                u[j] = load(rows.u[r] + k + j * BLOCK);
                g[j] = load(rows.g[r] + k + j * BLOCK);
            }
#pragma GCC unroll 4
            for (int q = static_cast<int>(FOUR) - 1; q >= 0; --q) {
                if (ones >> q & 1) {
                    for (int j = 0; j < 2; ++j) {
                        g[j] = fma(u[j], State::Activation::slope(h[j]), g[j]);
                        u[j] = vf{};
                        gw[q][j] += g[j];
                        s[j] = State::back(s[j], load(block.steps + at(q, j)));
                    }
                    State::hidden(h[0], h[1], s[0], s[1]);
                }
                vf d = splat(order.delta[o][q]);
                for (int j = 0; j < 2; ++j) {
                    u[j] = fma(d, load(block.V + at(q, j)), u[j]);
                    gv[q][j] = fma(d, h[j], gv[q][j]);
                }
            }
            for (int j = 0; j < 2; ++j) {
                store(rows.s[r] + k + j * BLOCK, s[j]);
                store(rows.h[r] + k + j * BLOCK, h[j]);
                store(rows.u[r] + k + j * BLOCK, u[j]);
                store(rows.g[r] + k + j * BLOCK, g[j]);
            }
        }
        for (int q = 0; q < static_cast<int>(FOUR); ++q)
            for (int j = 0; j < 2; ++j) {
                if (ones >> q & 1 && block.tied()) gv[q][j] += gw[q][j];
                store(block.gV + at(q, j), gv[q][j]);
                if (ones >> q & 1 && !block.tied()) store(block.gW + at(q, j), gw[q][j]);
            }
    }
}

template <typename State, unsigned... pattern>
inline void nade_unsweeps(NadeRows& rows, const NadeOrder& order, const NadeGradBlock& block,
                          std::integer_sequence<unsigned, pattern...>) {
    ((order.begin[pattern + 1] < order.begin[pattern + 2] ? nade_unsweep<State, pattern + 1>(rows, order, block)
                                                          : void()),
     ...);
}

template <typename State>
void nade_back(float* grad, const View& model, const float* delta, float* states, const std::uint8_t* X,
               const NadeMembers& members, std::size_t begin, std::size_t end, float* scratch) {
    std::size_t n = model.shape.n, blocks = pad(n, FOUR) / FOUR;
    NadePlan plan(model.shape);
    NadeTables tables(model);
    const float* steps = State::back_steps(model);
    NadeRows& part = *reinterpret_cast<NadeRows*>(scratch);
    NadeOrder* orders = reinterpret_cast<NadeOrder*>(scratch + sizeof(NadeRows) / sizeof(float));
    nade_order(orders, delta, X, members, n);
    for (std::size_t k = begin * UNITS; k < end * UNITS; k += CHUNK) {
        std::size_t width = CHUNK < end * UNITS - k ? CHUNK : end * UNITS - k;
        auto block_at = [&](std::size_t block) {
            std::size_t row = FOUR * block * plan.stride + k;
            return NadeGradBlock{grad + plan.V + row, grad + plan.W + row, model.params + plan.V + row,
                                 steps + row,         plan.stride,         width};
        };
        std::memset(part.u, 0, sizeof part.u);
        std::memset(part.g, 0, sizeof part.g);
        for (std::size_t r : members) {
            NadeEnd last(states, r, model.shape);
            for (std::size_t l = 0; l < width; l += LANES)
                store(part.s[r] + l, State::end_of_forward(load(last.s + k + l)));
            std::memcpy(part.h[r], last.h + k, width * sizeof(float));
        }
        std::memcpy(part.h[POOL], tables.h0 + k, width * sizeof(float));
        for (std::size_t block = blocks; block-- > 0;) {
            const NadeOrder& order = orders[block];
            NadeGradBlock four = block_at(block);
            if (block > 0) block_at(block - 1).prefetch();
            nade_still(part, order, four);
            nade_unsweeps<State>(part, order, four, std::make_integer_sequence<unsigned, 15>{});
            for (std::size_t o = 0; o < order.n_first; ++o)
                for (std::size_t l = 0; l < width; l += LANES) {
                    store(part.u[POOL] + l, load(part.u[POOL] + l) + load(part.u[order.first[o]] + l));
                    store(part.g[POOL] + l, load(part.g[POOL] + l) + load(part.g[order.first[o]] + l));
                }
        }
        for (std::size_t l = 0; l < width; l += LANES) {
            vf h = load(part.h[POOL] + l),
               g = fma(load(part.u[POOL] + l), State::Activation::slope(h), load(part.g[POOL] + l));
            store(grad + plan.c + k + l, load(grad + plan.c + k + l) + g);
        }
    }
}

inline void nade_back_biases(float* grad, Shape shape, const float* delta, std::size_t rows) {
    NadePlan plan(shape);
    std::size_t stride = pad(shape.n, BLOCK);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < stride; i += LANES)
            store(grad + plan.b + i, load(grad + plan.b + i) + load(delta + r * stride + i));
}

// Units past d have h = f(0), which may be 1/2: their V must not move.
inline void nade_back_padding(float* grad, Shape shape) {
    NadePlan plan(shape);
    for (std::size_t i = 0; i < shape.n; ++i)
        for (std::size_t k = shape.d; k < plan.units; ++k) grad[plan.V + i * plan.stride + k] = 0.0f;
}

}  // namespace
