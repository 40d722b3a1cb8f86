#include "solvers/sorted_rows.hpp"

#include <algorithm>
#include <numeric>

namespace ardens {
namespace {

// Looks at the clock now and then.
class Pause {
  public:
    explicit Pause(Poll poll) : interrupt_(poll) {}
    void operator()() {
        if (++steps_ % 1024 == 0 && interrupt_.asked(0)) interrupt_.raise();
    }

  private:
    Interrupt interrupt_;
    unsigned steps_ = 0;
};

// Places in `order` of rows that are alike in the columns before `from`, and unlike the rows before them from
// column `shared` on.
struct Part {
    std::size_t begin, end;
    std::uint32_t from, shared;
};

// Moves `from` on to where the rows of the part differ; returns the place of the first of those with a one there, or
// the end of the part if they are all the same.
std::size_t divide(Part& part, std::vector<std::size_t>& order, const std::uint8_t* X, std::size_t n, Pause& pause) {
    std::size_t *begin = order.data() + part.begin, *end = order.data() + part.end;
    for (; part.end - part.begin > 1 && part.from < n; ++part.from) {
        const std::size_t* ones = std::partition(begin, end, [&](std::size_t row) {
            pause();
            return X[row * n + part.from] == 0;
        });
        if (ones != begin && ones != end) return static_cast<std::size_t>(ones - order.data());
    }
    return part.end;
}

}  // namespace

SortedRows::SortedRows(Rows rows, const double* weights, const std::uint8_t* forced, std::size_t n_columns, Poll poll)
    : n(n_columns), turned(n), ones_of(n), first{0}, first_listed{0} {
    Pause pause(poll);
    std::vector<std::size_t> order(rows.count), kept;
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<Part> parts{{0, rows.count, 0, 0}};
    while (!parts.empty()) {
        Part part = parts.back();
        parts.pop_back();
        std::size_t middle = divide(part, order, rows.X, n, pause);
        if (middle < part.end) {
            parts.push_back({middle, part.end, part.from + 1, part.from});
            parts.push_back({part.begin, middle, part.from + 1, part.shared});
            continue;
        }
        auto begin = order.begin() + static_cast<std::ptrdiff_t>(part.begin),
             end = order.begin() + static_cast<std::ptrdiff_t>(part.end);
        double copies = static_cast<double>(part.end - part.begin);
        if (weights) {  // in an order of their own, as their sum is rounded
            std::sort(begin, end, [&](std::size_t a, std::size_t b) {
                pause();
                return weights[a] < weights[b];
            });
            copies = std::accumulate(begin, end, 0.0, [&](double sum, std::size_t row) { return sum + weights[row]; });
        }
        kept.push_back(*begin);
        weight.push_back(copies);
        shared.push_back(part.shared);
    }
    count = kept.size();
    total = std::accumulate(weight.begin(), weight.end(), 0.0);
    std::vector<double> sums(n);
    std::vector<std::size_t> lengths(n);
    for (std::size_t r = 0; r < count; ++r, pause()) {
        const std::uint8_t* x = rows.X + kept[r] * n;
        for (std::size_t j = 0; j < n; ++j) {
            sums[j] += x[j] ? weight[r] : 0.0;
            lengths[j] += x[j];
        }
    }
    std::size_t length = 1;  // one more, so that nothing is tested before it is written
    for (std::size_t j = 0; j < n; ++j) {
        turned[j] = 2.0 * sums[j] > total;
        length += turned[j] ? count - lengths[j] : lengths[j];
    }
    ones.resize(length);
    first.reserve(count + 1);
    std::uint32_t* next = ones.data();
    for (std::size_t r = 0; r < count; ++r, pause()) {
        const std::uint8_t *x = rows.X + kept[r] * n, *turn = turned.data();
        for (std::size_t j = 0; j < n; ++j) {
            bool one = x[j] != turn[j];
            *next = static_cast<std::uint32_t>(j);
            next += one;
            ones_of[j] += one ? weight[r] : 0.0;
        }
        first.push_back(static_cast<std::size_t>(next - ones.data()));
    }
    ones.pop_back();
    free_total.assign(n, total);
    free_ones = ones_of;
    if (forced) free.assign(count * apart(), 0xFF);
    for (std::size_t r = 0; forced && r < count; ++r, pause())
        for (std::size_t j = 0; j < n; ++j) {
            if (!forced[kept[r] * n + j]) continue;
            free[r * apart() + j / REGRESSIONS] &= static_cast<std::uint8_t>(~(1u << j % REGRESSIONS));
            free_total[j] -= weight[r];
            if (rows.X[kept[r] * n + j] != turned[j]) free_ones[j] -= weight[r];
        }
    std::vector<std::uint32_t> place(pad(n, GROUP) / GROUP << GROUP);  // of each value that may be
    first_listed.reserve(count + 1);
    for (std::size_t r = 0; r < count; ++r, pause()) {
        for (std::size_t k = first[r]; k < first[r + 1]; ++k) {
            std::uint32_t group = ones[k] / GROUP << GROUP, bit = 1u << ones[k] % GROUP;
            if (listed.size() == first_listed.back() || listed.back() < group)
                listed.push_back(group + bit);
            else
                listed.back() += bit;
        }
        first_listed.push_back(listed.size());
    }
    for (std::uint32_t value : listed) place[value] = 1;
    for (std::uint32_t value = 0; value < place.size(); ++value) {
        if (place[value] == 0) continue;
        place[value] = static_cast<std::uint32_t>(values.size());
        values.push_back({(value >> GROUP) * GROUP, value % (1u << GROUP)});
    }
    for (std::uint32_t& value : listed) value = place[value];
}

std::uint32_t SortedRows::value_from(std::size_t column) const {
    auto from = std::partition_point(values.begin(), values.end(),
                                     [&](const GroupValue& value) { return value.column < column; });
    return static_cast<std::uint32_t>(from - values.begin());
}

}  // namespace ardens
