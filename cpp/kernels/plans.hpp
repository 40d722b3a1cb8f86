// Where each parameter begins in the flat array, in floats. Weights come first and biases last, so weight decay is a
// prefix. Rows are padded with zeros to whole lines; nothing moves the padding.
#pragma once

#include "kernels/contract.hpp"

namespace {

struct TabularPlan {  // the log-odds of one configuration of earlier features after the other
    std::size_t entries, size;
    explicit constexpr TabularPlan(Shape s) : entries((std::size_t{1} << s.n) - 1), size(pad(entries, LINE)) {}
};
struct FvsbnPlan {  // W[j][i] = weight from x_j to logit i: rows of `stride`, `width` logits of them used; b
    std::size_t width, stride, W, b, size;
    explicit constexpr FvsbnPlan(Shape s)
        : width(pad(s.n, LINE)), stride(spread(width)), W(0), b(s.n * stride), size(b + width) {}
};
struct MlpPlan {  // A[i (i - 1) / 2 + j][k], V[i][k], c[i][k], rows of `stride`; b
    std::size_t stride, A, V, c, b, size;
    explicit constexpr MlpPlan(Shape s)
        : stride(pad(s.d, LINE)),
          A(0),
          V(s.n * (s.n - 1) / 2 * stride),
          c(V + s.n * stride),
          b(c + s.n * stride),
          size(b + pad(s.n, LINE)) {}
};
// V[i][k], W[i][k] (the paper's W transposed; V itself where tied): rows of `stride`, `units` of them used;
// D as FVSBN's W, if there; c, b
struct NadePlan {
    std::size_t units, stride, rows, V, W, D, c, b, size;  // rows: a whole number of blocks
    explicit constexpr NadePlan(Shape s)
        : units(pad(s.d, PART)),
          stride(spread(units)),
          rows(pad(s.n, BLOCK)),
          V(0),
          W(s.tied ? 0 : rows * stride),
          D(W + rows * stride),
          c(s.direct ? D + FvsbnPlan(s).b : D),
          b(c + units),
          size(b + pad(s.n, LINE)) {}
};

}  // namespace
