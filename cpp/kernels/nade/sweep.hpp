// NADE, forward through blocks of four features: one row's sweep, and the product for rows at rest.
#pragma once

#include <array>
#include <utility>

#include "kernels/nade/moves.hpp"
#include "kernels/nade/state.hpp"

namespace {

// What a sweep needs of a block of four features, and all or some of the units.
struct NadeBlock {
    const float* V;      // four rows of K units
    const float* steps;  // four rows of K units
    const float* b;      // four biases; null where logits are added to those that are there
    std::size_t K, stride;

    v4f before(const float* out) const { return load4(b ? b : out); }  // what products are added to
    NadeBlock next() const { return {V + BLOCK * stride, steps + BLOCK * stride, b ? b + BLOCK : b, K, stride}; }
};

inline NadeBlock nade_block(const View& model, const float* steps, std::size_t block) {
    NadePlan plan(model.shape);
    std::size_t row = BLOCK * block * plan.stride;
    return {model.params + plan.V + row, steps + row, model.params + plan.b + BLOCK * block, plan.units, plan.stride};
}

// Units in slices of as many as stay in the caches: their rows of V and the steps of a block in the first one, their
// states of a tile in the second. f(first unit, block of the slice)
template <typename F>
inline void nade_each_slice(const NadeBlock& block, F f) {
    constexpr std::size_t MOST = 768;
    std::size_t slices = (block.K + MOST - 1) / MOST, each = pad((block.K + slices - 1) / slices, PART);
    for (std::size_t k = 0; k < block.K; k += each) {
        std::size_t count = each < block.K - k ? each : block.K - k;
        f(k, NadeBlock{block.V + k, block.steps + k, k ? nullptr : block.b, count, block.stride});
    }
}

// Fetches the block that comes next into the second-level cache, a share of it with every row: at once, it
// would keep the row that comes then waiting.
class NadeAhead {
  public:
    NadeAhead(const NadeBlock& block, bool last, std::size_t rows)
        : block_(block), left_(last ? 0 : BLOCK * block.K), share_(pad(left_ / (rows + 1) + 1, LINE)) {}
    ~NadeAhead() { fetch(left_); }
    void fetch() { fetch(share_ < left_ ? share_ : left_); }

  private:
    void fetch(std::size_t floats) {
        for (std::size_t end = left_ - floats; left_ > end;) {
            left_ -= LINE;
            if (unit_ == block_.K) {
                unit_ = 0;
                row_ += block_.stride;
            }
            __builtin_prefetch(block_.V + row_ + unit_, 0, 2);
            __builtin_prefetch(block_.steps + row_ + unit_, 0, 2);
            unit_ += LINE;
        }
    }
    NadeBlock block_;
    std::size_t left_, share_, unit_ = 0, row_ = BLOCK * block_.stride;
};

// One row through a block, from the update of feature first - 1 (where first > 0) to feature 3:
// out[first .. 3] are logits, of the units at hand added to those before; the state moves at every one of `ones`.
template <typename State, std::size_t first, unsigned ones>
void nade_sweep(float* out, float* s, float* h, const NadeBlock& four) {
    const NadeBlock block = four;  // a copy that no store can alias
    Sum sums[BLOCK];
#pragma GCC unroll 4
    for (std::size_t reg = 0; reg < LINE / LANES; ++reg) {
        vf sum[BLOCK] = {};
        for (std::size_t k = reg * LANES; k < block.K; k += 2 * LINE) {
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

// Rows at once in the matrix product: 4 x 6 (or 4 x 3) sums, so that they and their factors fill the registers.
constexpr std::size_t ROWS_AT_ONCE = LANES == 16 ? 6 : 3;

// out[row][BLOCK] = the four logits, as above, of rows whose h does not change in the block.
template <std::size_t rows>
void nade_product(float* const* out, const float* const* h, const NadeBlock& block) {
    Sum sums[rows][BLOCK];
#pragma GCC unroll 4
    for (std::size_t reg = 0; reg < LINE / LANES; ++reg) {
        vf sum[rows][BLOCK] = {};
        for (std::size_t k = reg * LANES; k < block.K; k += LINE) {
            vf v[BLOCK];
            for (std::size_t q = 0; q < BLOCK; ++q) v[q] = load(block.V + q * block.stride + k);
#pragma GCC unroll 8
            for (std::size_t r = 0; r < rows; ++r) {
                vf hk = load(h[r] + k);
                for (std::size_t q = 0; q < BLOCK; ++q) sum[r][q] = fma(v[q], hk, sum[r][q]);
            }
        }
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t q = 0; q < BLOCK; ++q) sums[r][q].reg[reg] = sum[r][q];
    }
    for (std::size_t r = 0; r + 2 <= rows; r += 2) {
        v8f two = fold8(sums[r], sums[r + 1]);
        store4(out[r], __builtin_shufflevector(two, two, 0, 1, 2, 3) + block.before(out[r]));
        store4(out[r + 1], __builtin_shufflevector(two, two, 4, 5, 6, 7) + block.before(out[r + 1]));
    }
    if constexpr (rows % 2) store4(out[rows - 1], fold4(sums[rows - 1]) + block.before(out[rows - 1]));
}

template <std::size_t rows = ROWS_AT_ONCE>
void nade_products(float* const* out, const float* const* h, std::size_t count, const NadeBlock& block) {
    for (; count >= rows; count -= rows, out += rows, h += rows) nade_product<rows>(out, h, block);
    if constexpr (rows > 1) {
        if (count) nade_products<rows - 1>(out, h, count, block);
    }
}

// The state of a row before any one.
template <typename State>
void nade_start(float* s, float* h, const View& model) {
    auto tables = nade_tables(model);
    std::memcpy(s, State::initial(model), tables.K * sizeof(float));
    std::memcpy(h, tables.h0, tables.K * sizeof(float));
}

// Logits and hidden units of some rows, ready for a product.
struct NadeOperands {
    float* out[MAX_TILE];
    const float* h[MAX_TILE];
    std::size_t count = 0;
    void add(float* logits, const float* hidden) {
        out[count] = logits;
        h[count++] = hidden;
    }
};

}  // namespace
