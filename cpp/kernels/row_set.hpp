// Sets of the rows of a tile.
#pragma once

#include <bit>

#include "contract.hpp"

namespace {

using RowSet = std::uint64_t;  // row r in bit r
static_assert(MAX_TILE <= 64);

constexpr RowSet row_set(std::size_t r) { return RowSet{1} << r; }
constexpr RowSet first_rows(std::size_t count) { return count < 64 ? row_set(count) - 1 : ~RowSet{0}; }

// Calls f(row) for every row of a set, in rising order.
template <typename F>
inline void each_row(RowSet rows, F f) {
    for (; rows; rows &= rows - 1) f(static_cast<std::size_t>(std::countr_zero(rows)));
}

// The rows of a set, in rising order, and perhaps one more.
struct RowList {
    std::uint8_t row[MAX_TILE + 1];
    std::size_t count = 0;
    explicit RowList(RowSet rows) {
        each_row(rows, [&](std::size_t r) { add(r); });
    }
    void add(std::size_t r) { row[count++] = static_cast<std::uint8_t>(r); }
};

}  // namespace
