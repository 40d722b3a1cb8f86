#include "solvers/sorted_rows.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace ardens {

SortedRows::SortedRows(Rows rows, std::size_t n_columns, Poll poll)
    : n(n_columns), count(rows.count), turned(n), first{0}, shared(count) {
    constexpr unsigned STEPS = 1024;  // comparisons or rows between two looks at the clock
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
    ones.resize(total + 1);  // one more, so that nothing is tested before it is written
    first.reserve(count + 1);
    std::uint32_t* next = ones.data();
    for (std::size_t r = 0; r < count; ++r, pause()) {
        const std::uint8_t *x = row(r), *turn = turned.data();
        for (std::size_t j = 0; j < n; ++j) {
            *next = static_cast<std::uint32_t>(j);
            next += x[j] != turn[j];
        }
        first.push_back(static_cast<std::size_t>(next - ones.data()));
        if (r > 0) shared[r] = static_cast<std::uint32_t>(std::mismatch(x, x + n, row(r - 1)).first - x);
    }
    ones.pop_back();
}

}  // namespace ardens
