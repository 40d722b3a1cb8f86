// What is computed over rows, in tiles and by threads (driver.cpp) or in batches (gradient.cpp): the same for every
// model. No maths, no Python.
#pragma once

#include <functional>

#include "models.hpp"

namespace ardens {

// Asked between pieces of work of some milliseconds; throws to end the call (Ctrl-C).
using Poll = void (*)();

// What the caller sees of a computation over rows: X is (rows, n) of 0 and 1.
struct Rows {
    const std::uint8_t* X;
    std::size_t count;
};

// Derived tables of a model; `out` holds n_tables(model) floats.
std::size_t n_tables(const Description& model);
void prepare(float* out, const Description& model, const float* params, int threads);

void log_prob(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll);
void log_prob_terms(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll);
void conditionals(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll);

// Mean log-likelihood; grad (model.size floats, overwritten) is its gradient. Every sum runs in
// the order of the rows, whatever the number of threads.
double value_and_grad(float* grad, const Description& model, const float* params, Rows rows, int threads, Poll poll);

// Where the rows of a sample go. Column k of X is feature columns[k] of the model, or feature k if
// `columns` is null. X is (count, n) of 0 and 1; if `packed`, (count, packed_width(n)) with column
// 8 k + b in bit 7 - b of byte k, and 0 in the bits that are left over.
struct Draws {
    std::uint8_t* X;
    std::size_t count;
    const std::ptrdiff_t* columns;
    bool packed;
    double* log_prob;  // or null
};

constexpr std::size_t packed_width(std::size_t n) { return (n + 7) / 8; }

// Rows stream.start, stream.start + 1, ... of the sample.
void sample(const Draws& out, const Description& model, const View& view, Stream stream, int threads, Poll poll);

// First value above 1, or `end`.
const std::uint8_t* first_above_one(const std::uint8_t* begin, const std::uint8_t* end);

// step(begin, count) over pieces of an array of `size` floats.
void each_piece(std::size_t size, int threads, const std::function<void(std::size_t, std::size_t)>& step);

}  // namespace ardens
