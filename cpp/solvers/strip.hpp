// Some regressions side by side: one walk through the ones of a row serves all of them.
#pragma once

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

    // The ones of row g.
    struct List {
        const std::uint32_t *begin, *end;
    };
    List list(std::size_t g) const {
        const std::uint32_t* ones = rows_.ones.data() + rows_.first[row_[g]];
        return {ones, ones + length_[row_[g]]};
    }

  private:
    const SortedRows& rows_;
    Interrupt& interrupt_;
    int thread_;
    std::vector<std::uint32_t> length_;  // of every row: ones in the columns up to the last of the strip, or more
    std::vector<std::uint32_t> row_;     // (count,) a row of each
    std::vector<double> weight_;         // (count,)
};

}  // namespace ardens
