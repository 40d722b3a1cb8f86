// The way of up to 64 rows through the features, as sets of rows: who has a one where.
#pragma once

#include <cstring>

#include "kernels/row_set.hpp"

namespace {

// What rows do in one block: `ones[q]` have a one at its feature q, `active` have any, `fresh` had none before
// it. `still` are the others: they had ones before and have none here, so they stay as they are.
struct NadeMoves {
    RowSet ones[BLOCK], active, fresh, still;

    // Bits of row r, the first feature in bit 0.
    unsigned pattern(std::size_t r) const {
        unsigned bits = 0;
        for (std::size_t q = 0; q < BLOCK; ++q) bits |= static_cast<unsigned>(ones[q] >> r & 1) << q;
        return bits;
    }
    // Writes the first `count` of them to x.
    void write(std::uint8_t* x, std::size_t r, std::size_t count) const {
        std::uint8_t bytes[BLOCK];
        for (std::size_t q = 0; q < BLOCK; ++q) bytes[q] = ones[q] >> r & 1;
        if (count == BLOCK) {
            std::memcpy(x, bytes, BLOCK);
        } else {
            std::memcpy(x, bytes, count);
        }
    }
};

// Fills moves[n_blocks] for those of 64 rows of X that are in `members`.
inline void nade_moves(NadeMoves* moves, const std::uint8_t* X, RowSet members, Shape shape) {
    std::size_t n = shape.n, blocks = n_blocks(shape);
    for (std::size_t block = 0; block < blocks; ++block) moves[block] = {};
    each_row(members, [&](std::size_t r) {
        const std::uint8_t* x = X + r * n;
        for (std::size_t block = 0; block < n / BLOCK; ++block)
            for (std::size_t q = 0; q < BLOCK; ++q) moves[block].ones[q] |= RowSet{x[BLOCK * block + q]} << r;
        for (std::size_t i = n / BLOCK * BLOCK; i < n; ++i) moves[blocks - 1].ones[i % BLOCK] |= RowSet{x[i]} << r;
    });
    RowSet fresh = members;
    for (std::size_t block = 0; block < blocks; ++block) {
        NadeMoves& now = moves[block];
        now.active = now.ones[0] | now.ones[1] | now.ones[2] | now.ones[3];
        now.fresh = fresh;
        fresh &= ~now.active;
        now.still = members & ~now.active & ~fresh;
    }
}

}  // namespace
