// Some regressions side by side: one walk through the ones of a row serves all of them.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "engine/interrupt.hpp"
#include "kernels/contract.hpp"
#include "solvers/sorted_rows.hpp"

namespace ardens {

// The regressions on columns [begin, begin + LANES), as far as there are so many, and the distinct rows of all columns
// up to the last.
class Strip {
  public:
    static constexpr std::size_t LANES = REGRESSIONS;

    // Everything is allocated here, before the threads start.
    Strip(const SortedRows& rows, Interrupt& interrupt, int thread);

    std::size_t begin = 0, lanes = 0, count = 0;  // count: of the distinct rows
    std::vector<Lanes> w;                         // (n,) 0 where a lane has no such weight
    Lanes b = {};

    // From the last strip to the first that is cheapest. An interrupt leaves rows out.
    void gather(std::size_t first);

    // At w and b: losses, their derivatives by t summed over the rows, and the first and second derivatives by weights.
    // An interrupt leaves them unfinished.
    void evaluate();
    Lanes loss = {}, slope = {};
    std::vector<Lanes> first, second;  // (n,)
    std::vector<float> curvature;      // (LANES, stride()) second derivatives by t, of each row
    Lanes curved = {};                 // and of all
    std::size_t stride() const { return rows_.count; }

    // The ones of row g, in all columns.
    struct List {
        const std::uint32_t *begin, *end;
    };
    List list(std::size_t g) const {
        const std::uint32_t* ones = rows_.ones.data() + rows_.first[row_[g]];
        return {ones, rows_.ones.data() + rows_.first[row_[g] + 1]};
    }

  private:
    // All ones of all values: column, place of the value, whether it is the first one of that.
    template <typename Use>
    void each_one(Use use) const {
        for (std::uint32_t v = 0; v < values_; ++v) {
            auto [column, bits] = rows_.values[v];
            for (bool begins = true; bits; bits &= bits - 1, begins = false)
                use(column + static_cast<std::uint32_t>(std::countr_zero(bits)), v, begins);
        }
    }

    const SortedRows& rows_;
    Interrupt& interrupt_;
    int thread_;
    std::vector<std::uint32_t> length_;     // of every row: values of the columns up to the last of the strip, or more
    std::vector<std::uint32_t> row_;        // (count,) a row of each
    std::vector<double> weight_;            // (count,)
    std::uint32_t values_ = 0;              // of the columns up to the last of the strip
    std::vector<Lanes> sums_, by_, twice_;  // of each value: sums of weights, and of derivatives
};

}  // namespace ardens
