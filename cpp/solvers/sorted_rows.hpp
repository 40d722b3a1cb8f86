// Binary rows sorted, so that rows with the same beginning stand together.
#pragma once

#include <vector>

#include "engine/interrupt.hpp"
#include "engine/rows.hpp"
#include "kernels/contract.hpp"

namespace ardens {

// The distinct rows in lexicographic order, as lists of ones. Columns of mostly ones are turned over in the
// lists: with a free intercept that changes neither the fit nor the penalty, and halves the work.
struct SortedRows {
    std::size_t n, count = 0;
    double total = 0.0;                     // of the weights; the number of rows, where these have none
    std::vector<double> weight;             // (count,) of all copies of a row
    std::vector<std::uint8_t> turned;       // (n,)
    std::vector<double> ones_of;            // (n,) weight of the rows with a one in a column, as it is in the lists
    std::vector<std::uint32_t> ones;        // columns of the ones of a row in rising order, row after row
    std::vector<std::size_t> first;         // (count + 1,) where each row's begin
    std::vector<GroupValue> values;         // of groups of columns
    std::vector<std::uint32_t> listed;      // places of those of a row, row after row
    std::vector<std::size_t> first_listed;  // (count + 1,) where each row's begin
    std::vector<std::uint8_t> free;         // (count, apart()) or empty: bit j, whether a row counts in regression j
    std::vector<double> free_total;         // (n,) weight of the rows that do
    std::vector<double> free_ones;          // (n,) of those with a one, as it is in the lists
    std::vector<std::uint32_t> shared;      // (count,) columns from the left in which a row is like the one before

    // At least one row. Weights are (rows,), or null where each is 1. Forced bits, (rows, n) or null, depend on those
    // before them alone; they are not to be learned. The order of the rows does not matter.
    SortedRows(Rows rows, const double* weights, const std::uint8_t* forced, std::size_t n_columns, Poll poll);

    std::size_t apart() const { return pad(n, REGRESSIONS) / REGRESSIONS; }

    // Place of the first value of the groups that begin at the column or after it.
    std::uint32_t value_from(std::size_t column) const;
};

}  // namespace ardens
