// Codes: which bits of a row those before them leave open. reference/codes.py is the specification.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/interrupt.hpp"
#include "engine/rows.hpp"
#include "kernels/contract.hpp"

namespace ardens {

// Column after column an automaton whose states are where a row may stand: those before bit i are
// level[i] ... level[i + 1] - 1, and a column begins with one of them. Two more are at the end: the end, and one that
// is never left. Leaves are numbered by their bits, read as a binary number.
struct Codes {
    std::vector<Step> steps;
    std::vector<std::size_t> level;    // n_bits + 1
    std::vector<std::size_t> column;   // the first bit of each; n_columns + 1
    std::vector<std::int64_t> zeros;   // of each state, how many leaves of its column come behind a zero
    std::vector<std::int64_t> leaves;  // of each column

    // Throws std::invalid_argument where that is no such automaton.
    Codes(std::vector<Step> steps, std::vector<std::size_t> level, std::vector<std::size_t> column);

    std::size_t n_bits() const { return level.size() - 1; }
    std::size_t n_columns() const { return column.size() - 1; }
    std::int32_t dead() const { return static_cast<std::int32_t>(level.back() + 1); }  // behind what is not possible
    std::int32_t start(std::size_t k) const { return static_cast<std::int32_t>(level[column[k]]); }
};

// The bits of leaves, (count, n_columns), one row after the other, (count, n_bits); and back. Both return the place of
// the first leaf that there is none of, or of the first bit that is not possible; -1 if all are right.
std::ptrdiff_t encode(std::uint8_t* X, const Codes& codes, const std::int64_t* leaves, std::size_t count, int threads,
                      Poll poll);
std::ptrdiff_t decode(std::int64_t* leaves, const Codes& codes, Rows rows, int threads, Poll poll);

// Marks the bits that the ones before them force, (count, n_bits).
void mark_forced(std::uint8_t* forced, const Codes& codes, Rows rows);

// Makes the log-odds of forced bits infinite, so that they add no nats and no gradient, and a bit that is not possible
// has probability zero. Behind that nothing is forced.
void force(float* logits, const Codes& codes, const std::uint8_t* X, std::size_t rows);

// Marks the states, one bit each in words of 64, from which the known cells of a row can come.
void mark_alive(std::uint64_t* alive, const Codes& codes, const std::uint8_t* cells);
inline std::size_t alive_words(const Codes& codes) { return (codes.steps.size() + 63) / 64; }

// Whether some column has cells of both kinds, known and unknown.
bool needs_alive(const Codes& codes, const std::uint8_t* cells);

// Row * n_columns + column of the first one whose known cells no leaf has; -1 if there is none.
std::ptrdiff_t first_impossible(const Codes& codes, Rows cells, int threads, Poll poll);

}  // namespace ardens
