// NADE: a row with ones in a block goes through its units.
#pragma once

#include <array>
#include <utility>

#include "kernels/nade/block.hpp"

namespace {

// Two registers of units, from unit k on, of a row that goes through a block from the update of feature first - 1
// (where first > 0) to feature 3. Their state moves at every one of `ones`; sum[first .. 3] get what they add to the
// logits.
template <typename State, std::size_t first, unsigned ones>
inline void nade_sweep_pair(vf (&sum)[BLOCK], float* s, float* h, const NadeBlock& block, std::size_t k) {
    // All moves and then the products, so that divisions are under way before anything waits for them.
    vf s0[BLOCK + 1], s1[BLOCK + 1], h0[BLOCK + 1], h1[BLOCK + 1];
    std::size_t now = 0;
    s0[0] = load(s + k);
    s1[0] = load(s + k + LINE);
    auto move = [&](std::size_t q) {
        const float* step = block.steps + q * block.stride + k;
        s0[now + 1] = State::forward(s0[now], load(step));
        s1[now + 1] = State::forward(s1[now], load(step + LINE));
        ++now;
    };
    if constexpr (first > 0) move(first - 1);
#pragma GCC unroll 4
    for (std::size_t q = first; q < BLOCK; ++q)
        if (ones >> q & 1) move(q);
    store(s + k, s0[now]);
    store(s + k + LINE, s1[now]);
    if constexpr (first == 0) {
        h0[0] = load(h + k);
        h1[0] = load(h + k + LINE);
    }
#pragma GCC unroll 4
    for (std::size_t m = 1; m <= now; ++m) State::hidden(h0[m], h1[m], s0[m], s1[m]);
    std::size_t at = first > 0;
#pragma GCC unroll 4
    for (std::size_t q = first; q < BLOCK; ++q) {
        const float* V = block.V + q * block.stride + k;
        sum[q] = fma(load(V), h0[at], sum[q]);
        sum[q] = fma(load(V + LINE), h1[at], sum[q]);
        if (ones >> q & 1) ++at;
    }
    store(h + k, h0[at]);
    store(h + k + LINE, h1[at]);
}

// One row: out[first .. 3] are logits, of the units at hand added to those before.
template <typename State, std::size_t first, unsigned ones>
void nade_sweep(float* out, float* s, float* h, const NadeBlock& four) {
    const NadeBlock block = four;  // a copy that no store can alias
    Sum sums[BLOCK];
#pragma GCC unroll 4
    for (std::size_t reg = 0; reg < LINE / LANES; ++reg) {
        vf sum[BLOCK] = {};
        for (std::size_t k = reg * LANES; k < block.K; k += 2 * LINE)
            nade_sweep_pair<State, first, ones>(sum, s, h, block, k);
        for (std::size_t q = 0; q < BLOCK; ++q) sums[q].reg[reg] = sum[q];
    }
    if constexpr (first == 0) {
        store4(out, fold4(sums) + block.before(out));
    } else if constexpr (first < BLOCK) {
        v4f logits = fold4(sums) + block.before(out);
        for (std::size_t q = first; q < BLOCK; ++q) out[q] = logits[q];
    }
}

using NadeSweep = void (*)(float*, float*, float*, const NadeBlock&);

// By pattern (from the block's beginning), and by the feature that was drawn as one.
template <typename State, unsigned... ones>
constexpr std::array<NadeSweep, 16> nade_sweep_patterns(std::integer_sequence<unsigned, ones...>) {
    return {nullptr, nade_sweep<State, 0, ones + 1>...};
}
template <typename State>
constexpr auto nade_sweep_pattern = nade_sweep_patterns<State>(std::make_integer_sequence<unsigned, 15>{});
template <typename State>
constexpr NadeSweep nade_sweep_after[BLOCK] = {nade_sweep<State, 1, 0>, nade_sweep<State, 2, 0>,
                                               nade_sweep<State, 3, 0>, nade_sweep<State, 4, 0>};

}  // namespace
