// Rows of 0 and 1 as the caller has them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ardens {

// X is (count, n) of 0 and 1.
struct Rows {
    const std::uint8_t* X;
    std::size_t count;
};

// First value above 1, or `end`.
const std::uint8_t* first_above_one(const std::uint8_t* begin, const std::uint8_t* end);

// A packed row has feature 8 k + b in bit 7 - b of byte k, and 0 in the bits that are left over.
constexpr std::size_t packed_width(std::size_t n) { return (n + 7) / 8; }
void pack_row(std::uint8_t* out, const std::uint8_t* row, std::size_t n);

}  // namespace ardens
