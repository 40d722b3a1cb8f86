// The positions of the ones of each row, in rising order: what sparse rows cost.
#pragma once

#include <limits>

#include "kernels/row_set.hpp"
#include "kernels/scratch.hpp"

namespace {

// Ends a list: beyond every position, so a loop over the ones below some feature needs no other test.
constexpr std::uint32_t NO_MORE = std::numeric_limits<std::uint32_t>::max();

// Fills a row's list: the positions of its ones, then NO_MORE.
inline void list_ones(std::uint32_t* one, const std::uint8_t* x, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        *one = static_cast<std::uint32_t>(i);
        one += x[i];
    }
    *one = NO_MORE;
}

// The lists of some rows.
class OnesLists {
  public:
    OnesLists(Scratch& memory, std::size_t rows, std::size_t n)
        : stride_(spread(pad(n + 1, LINE))), data_(memory.take<std::uint32_t>(rows * stride_)) {}
    // Where the lists lie in something else, so many floats apart.
    OnesLists(std::uint32_t* first, std::size_t apart) : stride_(apart), data_(first) {}
    std::uint32_t* of(std::size_t row) const { return data_ + row * stride_; }
    void fill(const std::uint8_t* X, std::size_t rows, std::size_t n) const {
        for (std::size_t r = 0; r < rows; ++r) list_ones(of(r), X + r * n, n);
    }

  private:
    std::size_t stride_;
    std::uint32_t* data_;
};

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

// The rows with a one at each of n features.
class RowsWithOne {
  public:
    RowsWithOne(Scratch& memory, std::size_t n) : n_(n), at_(memory.take<BatchRows>(n)) {}
    const BatchRows& at(std::size_t j) const { return at_[j]; }
    // list(r) are the ones of row r.
    template <typename List>
    void fill(std::size_t rows, List list) const {
        for (std::size_t j = 0; j < n_; ++j) at_[j].count = 0;
        for (std::size_t r = 0; r < rows; ++r)
            for (const std::uint32_t* one = list(r); *one != NO_MORE; ++one) at_[*one].add(r);
    }

  private:
    std::size_t n_;
    BatchRows* at_;
};

// The list of a row that is being drawn, and how many are in it.
struct DrawnOnes {
    std::uint32_t *count, *list;
    DrawnOnes(Scratch& memory, std::size_t n)
        : count(memory.take<std::uint32_t>(1)), list(memory.take<std::uint32_t>(n + 1)) {}
    void clear() const {
        *count = 0;
        list[0] = NO_MORE;
    }
    void add(std::size_t i) const {
        list[*count] = static_cast<std::uint32_t>(i);
        list[++*count] = NO_MORE;
    }
};

}  // namespace
