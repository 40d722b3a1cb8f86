#include "solvers/strip.hpp"

#include <algorithm>
#include <cmath>

#include "engine/isa.hpp"

namespace ardens {
namespace {

constexpr std::size_t TILE = 1024;  // rows whose curvatures stay in cache until they are sorted by lanes

}  // namespace

Strip::Strip(const SortedRows& rows, Interrupt& interrupt, int thread)
    : w(rows.n),
      first(rows.n),
      second(rows.n),
      curvature(rows.count * LANES),
      rows_(rows),
      interrupt_(interrupt),
      thread_(thread),
      length_(rows.count),
      row_(rows.count),
      weight_(rows.count),
      sums_(rows.values.size()),
      by_(sums_.size()),
      twice_(sums_.size()) {
    for (std::size_t r = 0; r < rows.count; ++r)
        length_[r] = static_cast<std::uint32_t>(rows.first_listed[r + 1] - rows.first_listed[r]);
}

void Strip::gather(std::size_t first_column) {
    begin = first_column;
    lanes = std::min(LANES, rows_.n - begin);
    count = 0;
    std::size_t end = begin + lanes;
    values_ = rows_.value_from(end);
    for (std::size_t r = 0; r < rows_.count; ++r) {
        if (r % TILE == 0 && interrupt_.asked(thread_)) return;
        if (r > 0 && rows_.shared[r] >= end) {
            weight_[count - 1] += rows_.weight[r];
            continue;
        }
        const std::uint32_t *listed = rows_.listed.data() + rows_.first_listed[r],
                            *last = rows_.listed.data() + rows_.first_listed[r + 1];
        while (length_[r] > 0 && listed[length_[r] - 1] >= values_) --length_[r];
        while (listed + length_[r] < last && listed[length_[r]] < values_) ++length_[r];
        row_[count] = static_cast<std::uint32_t>(r);
        weight_[count++] = rows_.weight[r];
    }
}

void Strip::evaluate() {
    std::size_t end = begin + lanes;
    std::fill_n(first.begin(), end, Lanes{});
    std::fill_n(second.begin(), end, Lanes{});
    std::fill_n(by_.begin(), values_, Lanes{});
    std::fill_n(twice_.begin(), values_, Lanes{});
    each_one([&](std::uint32_t j, std::uint32_t v, bool begins) {
        for (std::size_t l = 0; l < LANES; ++l) sums_[v][l] = (begins ? 0.0 : sums_[v][l]) + w[j][l];
    });
    curved = {};
    float tile[TILE * LANES];
    RegressionSums sums{{}, {}, {}, by_.data(), twice_.data(), tile};
    std::fill_n(sums.factor.of, LANES, 1.0);
    for (std::size_t g = 0; g < count && !interrupt_.asked(thread_); g += TILE) {
        std::size_t now = std::min(TILE, count - g);
        RegressionRows rows{rows_.values.data(),
                            rows_.listed.data(),
                            rows_.first_listed.data(),
                            length_.data(),
                            row_.data() + g,
                            weight_.data() + g,
                            begin,
                            rows_.free.empty() ? nullptr : rows_.free.data() + begin / LANES,
                            rows_.apart()};
        kernels().regressions.rows(sums, sums_.data(), b, rows, 0, now);
        for (std::size_t l = 0; l < lanes; ++l) {
            float* out = curvature.data() + l * stride() + g;
            for (std::size_t r = 0; r < now; ++r) {
                out[r] = tile[r * LANES + l];
                curved[l] += static_cast<double>(out[r]);
            }
        }
    }
    for (std::size_t l = 0; l < lanes; ++l) {
        loss[l] = sums.loss[l] + std::log(sums.factor[l]);
        slope[l] = sums.slope[l];
    }
    each_one([&](std::uint32_t j, std::uint32_t v, bool) {
        for (std::size_t l = 0; l < LANES; ++l) {
            first[j][l] += by_[v][l];
            second[j][l] += twice_[v][l];
        }
    });
}

}  // namespace ardens
