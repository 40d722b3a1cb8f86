// What is computed over rows, in tiles and by threads (driver.cpp) or in batches (gradient.cpp): the same for every
// model. No maths, no Python.
#pragma once

#include "engine/interrupt.hpp"
#include "engine/rows.hpp"
#include "models.hpp"

namespace ardens {

// Derived tables of a model; `out` holds n_tables(model) floats.
std::size_t n_tables(const Description& model);
void prepare(float* out, const Description& model, const float* params, int threads);

// Floats of the state of a row that is drawn.
std::size_t n_drawn(const Description& model);

void log_prob(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll);
void log_prob_terms(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll);
void conditionals(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll);

// Mean over the rows of their weight, 1 where `weights` is null, times log p; grad (model.size floats, overwritten) is
// its gradient. A row of weight 0 counts for nothing, impossible as it may be. Every sum runs in the order of the
// rows, whatever the number of threads.
double value_and_grad(float* grad, const Description& model, const float* params, Rows rows, const double* weights,
                      int threads, Poll poll);

// Rows start, start + 1, ... under a seed, and where they go. Column k of X is feature columns[k] of the model, or
// feature k if `columns` is null. X is (count, n) of 0 and 1; if `packed`, (count, packed_width(n)).
struct Draws {
    std::uint64_t seed, start;
    std::uint8_t* X;
    std::size_t count;
    const std::ptrdiff_t* columns;
    bool packed;
    double* log_prob;  // or null
};

void sample(const Draws& out, const Description& model, const View& view, int threads, Poll poll);

}  // namespace ardens
