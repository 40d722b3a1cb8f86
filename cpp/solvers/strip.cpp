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
      weight_(rows.count) {
    for (std::size_t r = 0; r < rows.count; ++r)
        length_[r] = static_cast<std::uint32_t>(rows.first[r + 1] - rows.first[r]);
}

void Strip::gather(std::size_t first_column) {
    begin = first_column;
    lanes = std::min(LANES, rows_.n - begin);
    count = 0;
    std::size_t end = begin + lanes;
    for (std::size_t r = 0; r < rows_.count; ++r) {
        if (r % TILE == 0 && interrupt_.asked(thread_)) return;
        if (r > 0 && rows_.shared[r] >= end) {
            weight_[count - 1] += rows_.weight[r];
            continue;
        }
        const std::uint32_t* ones = rows_.ones.data() + rows_.first[r];
        while (length_[r] > 0 && ones[length_[r] - 1] >= end) --length_[r];
        while (ones + length_[r] < rows_.ones.data() + rows_.first[r + 1] && ones[length_[r]] < end) ++length_[r];
        row_[count] = static_cast<std::uint32_t>(r);
        weight_[count++] = rows_.weight[r];
    }
}

void Strip::evaluate() {
    std::size_t end = begin + lanes;
    std::fill_n(first.begin(), end, Lanes{});
    std::fill_n(second.begin(), end, Lanes{});
    curved = {};
    float tile[TILE * LANES];
    RegressionSums sums{{}, {}, {}, first.data(), second.data(), tile};
    std::fill_n(sums.factor.of, LANES, 1.0);
    for (std::size_t g = 0; g < count && !interrupt_.asked(thread_); g += TILE) {
        std::size_t now = std::min(TILE, count - g);
        RegressionRows rows{rows_.ones.data(), rows_.first.data(), length_.data(),
                            row_.data() + g,   weight_.data() + g, begin};
        kernels().regressions.rows(sums, w.data(), b, rows, 0, now);
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
}

}  // namespace ardens
