// Penalised logistic regressions of every column of a binary matrix on the columns before it.
#pragma once

#include "solvers/sorted_rows.hpp"

namespace ardens {

// Over the rows x of weight v, for every column i,
//     sum v (softplus(t) - x_i t)  +  penalty[i] (l1_ratio |w|_1 + (1 - l1_ratio) / 2 |w|^2)
// with t = b_i + sum_{j<i} w_j x_j is minimised over b_i and w = W[i, :i], from where they are; W is (n, n), b and
// penalty are (n,). A column whose penalty is not positive is left as it is; one that never varies gets w = 0 and the
// log-odds of its mean with one row of each kind added. A column is done when a step gains less
// than `tolerance`, or promises no more after one that was good. The result depends neither on the threads nor on the
// order of the rows. Returns how often a loss was evaluated.
struct Regressions {
    double *W, *b;
    const double* penalty;
    double l1_ratio, tolerance;
    std::size_t n;
};

std::size_t fit_regressions(const Regressions& out, const SortedRows& rows, int threads, Poll poll);

// The largest derivative of a loss by a weight where all weights are 0 and the columns have their means.
double largest_gradient(const SortedRows& rows, int threads, Poll poll);

}  // namespace ardens
