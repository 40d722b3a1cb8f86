// Binary rows sorted, so that rows with the same beginning stand together.
#pragma once

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "engine/interrupt.hpp"
#include "engine/rows.hpp"

namespace ardens {

// The rows in lexicographic order, as lists of ones. Columns of mostly ones are turned over in the
// lists: with a free intercept that changes neither the fit nor the penalty, and halves the work.
struct Table {
    std::size_t n, count;
    std::vector<std::uint8_t> turned;   // (n,)
    std::vector<std::uint32_t> ones;    // columns of the ones of a row in rising order, row after row
    std::vector<std::size_t> first;     // (count + 1,) where each row's begin
    std::vector<std::uint32_t> shared;  // (count,) columns from the left in which a row is like the one before

    Table(Rows rows, std::size_t n_columns, Poll poll)
        : n(n_columns), count(rows.count), turned(n), first{0}, shared(count) {
        Interrupt interrupt(poll);
        auto pause = [&interrupt, steps = 0u]() mutable {
            if (++steps % STEPS == 0 && interrupt.asked(0)) interrupt.raise();
        };
        std::vector<std::size_t> order(count), sums(n);
        std::iota(order.begin(), order.end(), std::size_t{0});
        auto row = [&](std::size_t r) { return rows.X + order[r] * n; };
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            pause();
            return std::memcmp(rows.X + a * n, rows.X + b * n, n) < 0;
        });
        for (std::size_t r = 0; r < count; ++r, pause())
            for (std::size_t j = 0; j < n; ++j) sums[j] += rows.X[r * n + j];
        std::size_t total = 0;
        for (std::size_t j = 0; j < n; ++j) {
            turned[j] = 2 * sums[j] > count;
            total += std::min(sums[j], count - sums[j]);
        }
        ones.reserve(total);
        first.reserve(count + 1);
        for (std::size_t r = 0; r < count; ++r, pause()) {
            for (std::size_t j = 0; j < n; ++j)
                if (row(r)[j] != turned[j]) ones.push_back(static_cast<std::uint32_t>(j));
            first.push_back(ones.size());
            if (r > 0)
                shared[r] = static_cast<std::uint32_t>(std::mismatch(row(r), row(r) + n, row(r - 1)).first - row(r));
        }
    }

  private:
    static constexpr unsigned STEPS = 1024;  // comparisons or rows between two looks at the clock
};

}  // namespace ardens
