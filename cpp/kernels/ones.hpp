// The positions of the ones of each row, in rising order: what sparse rows cost.
#pragma once

#include <limits>

#include "kernels/row_set.hpp"

namespace {

// Ends a list: beyond every position, so a loop over the ones below some feature needs no other test.
constexpr std::uint32_t NO_MORE = std::numeric_limits<std::uint32_t>::max();

// A row's list, stored in the place of n + 1 floats: the positions, then NO_MORE.
inline std::uint32_t* ones_of_row(float* lists, std::size_t row, std::size_t n) {
    return reinterpret_cast<std::uint32_t*>(lists) + row * (n + 1);
}

inline void list_ones(float* lists, const std::uint8_t* X, std::size_t rows, std::size_t n) {
    for (std::size_t r = 0; r < rows; ++r) {
        std::uint32_t* one = ones_of_row(lists, r, n);
        for (std::size_t i = 0; i < n; ++i) {
            *one = static_cast<std::uint32_t>(i);
            one += X[r * n + i];
        }
        *one = NO_MORE;
    }
}

// Rows of a batch, in rising order.
struct BatchRows {
    std::uint32_t count = 0;
    std::uint8_t row[MAX_BATCH];
    void add(std::size_t r) { row[count++] = static_cast<std::uint8_t>(r); }
};

inline BatchRows all_rows(std::size_t rows) {
    BatchRows all;
    for (std::size_t r = 0; r < rows; ++r) all.add(r);
    return all;
}

// The rows with a one at each of n features, stored in the place of so many floats.
inline std::size_t columns_floats(std::size_t n) { return n * sizeof(BatchRows) / sizeof(float); }

// Fills columns[n]; list(r) are the ones of row r.
template <typename List>
inline void collect_ones(BatchRows* columns, std::size_t rows, std::size_t n, List list) {
    for (std::size_t j = 0; j < n; ++j) columns[j].count = 0;
    for (std::size_t r = 0; r < rows; ++r)
        for (const std::uint32_t* one = list(r); *one != NO_MORE; ++one) columns[*one].add(r);
}

// The lists of rows that are being drawn.
class DrawnOnes {
  public:
    DrawnOnes(float* lists, std::size_t rows, std::size_t n) : rows_(rows), n_(n) {
        for (std::size_t r = 0; r < rows; ++r) *(end_[r] = ones_of_row(lists, r, n)) = NO_MORE;
    }
    // Writes feature i of all rows to X and, where it is one, to the row's list; then calls f(row).
    template <typename F>
    void add(std::uint8_t* X, RowSet ones, std::size_t i, F f) {
        for (std::size_t r = 0; r < rows_; ++r) X[r * n_ + i] = ones >> r & 1;
        each_row(ones, [&](std::size_t r) {
            *end_[r]++ = static_cast<std::uint32_t>(i);
            *end_[r] = NO_MORE;
            f(r);
        });
    }

  private:
    std::size_t rows_, n_;
    std::uint32_t* end_[MAX_TILE];
};

}  // namespace
