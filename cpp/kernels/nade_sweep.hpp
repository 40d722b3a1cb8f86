// NADE, forward through blocks of four features: one row's sweep, and the product for rows at rest.
#pragma once

#include <bit>

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

    // Fetch the rows of the block that comes next into the second-level cache.
    void prefetch() const {
        for (std::size_t i = 0; i < FOUR * stride; i += BLOCK) {
            __builtin_prefetch(V + i, 0, 2);
            __builtin_prefetch(steps + i, 0, 2);
        }
    }
};

// One row through a block, from the update of feature first - 1 (where first > 0) to feature 3:
// out[first .. 3] are logits, the state moves at every one of `ones`. Reads (s, h), writes (s_out, h_out).
template <typename State, int first, unsigned ones>
void nade_sweep(float* out, float* s_out, float* h_out, const float* s, const float* h, const NadeBlock& four) {
    const NadeBlock block = four;  // a copy that no store can alias
    alignas(64) float lanes[FOUR][BLOCK] = {};
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
    } else if constexpr (first < static_cast<int>(FOUR)) {
        v4f logits = fold4(lanes[0]) + load4(block.b);
        for (int q = first; q < static_cast<int>(FOUR); ++q) out[q] = logits[q];
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

    NadeTile(float* scratch, std::size_t units, const float* s0, const float* h0, std::size_t rows)
        : memory(scratch), K(units) {
        for (std::size_t r = 0; r < rows; ++r) {
            s[r] = s0;
            h[r] = h0;
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

}  // namespace
