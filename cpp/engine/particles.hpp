// Questions: rows of which some cells are unknown, answered by sequential Monte Carlo. reference/particles.py is the
// specification.
#pragma once

#include "engine/driver.hpp"

namespace ardens {

constexpr std::uint8_t UNKNOWN = 2;  // what a cell holds that is neither 0 nor 1

// Row k of `cells` (count, n) is asked of particles that have the numbers numbers[k], numbers[k] + 1, ... of the seed.
struct Questions {
    const std::uint8_t* cells;
    const std::uint64_t* numbers;
    std::size_t count, n_particles;
};

// Islands of a population; island j begins at particle n_particles * j / islands.
std::size_t islands(std::size_t n_particles);

// The particles, (count, n_particles, n) or null, and their log weights, (count, n_particles).
void particles(std::uint8_t* X, double* log_weights, const Description& model, const View& view, std::uint64_t seed,
               const Questions& questions, int threads, Poll poll);

// `drawn` of `count` members, in rising order, by weights that sum to more than 0 and a uniform number.
void resample(std::ptrdiff_t* drawn, std::size_t n_drawn, const double* weights, std::size_t count, double u);

// The completions of rows of cells that a search of so many at a time finds most probable, (count, n), their nats, and
// what the best that was left out had where it was: no completion of it has more. -inf if none was.
struct Completions {
    std::uint8_t* X;
    double *log_prob, *left_out;
};
void most_probable(const Completions& out, const Description& model, const View& view, const std::uint8_t* cells,
                   std::size_t count, std::size_t beam, int threads, Poll poll);

}  // namespace ardens
