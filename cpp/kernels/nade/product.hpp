// NADE: rows at rest in a block are a matrix product.
#pragma once

#include "kernels/nade/block.hpp"

namespace {

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
