// Sets of the rows of a tile.
#pragma once

#include <bit>

#include "kernels/contract.hpp"

namespace {

static_assert(MAX_TILE <= 64);

constexpr RowSet row_set(std::size_t r) { return RowSet{1} << r; }
constexpr RowSet first_rows(std::size_t count) { return count < 64 ? row_set(count) - 1 : ~RowSet{0}; }

// Calls f(row) for every row of a set, in rising order.
template <typename F>
inline void each_row(RowSet rows, F f) {
    for (; rows; rows &= rows - 1) f(static_cast<std::size_t>(std::countr_zero(rows)));
}

}  // namespace
