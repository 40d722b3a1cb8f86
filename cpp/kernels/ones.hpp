// The positions of the ones of each row, in rising order: what sparse rows cost.
#pragma once

#include "contract.hpp"

namespace {

// A row's list, stored in the place of n + 1 floats: ones[0] is their number, then the positions.
inline std::uint32_t* ones_of_row(float* lists, std::size_t row, std::size_t n) {
    return reinterpret_cast<std::uint32_t*>(lists) + row * (n + 1);
}
inline const std::uint32_t* ones_of_row(const float* lists, std::size_t row, std::size_t n) {
    return reinterpret_cast<const std::uint32_t*>(lists) + row * (n + 1);
}

inline void list_ones(float* lists, const std::uint8_t* X, std::size_t rows, std::size_t n) {
    for (std::size_t r = 0; r < rows; ++r) {
        std::uint32_t* ones = ones_of_row(lists, r, n);
        std::uint32_t count = 0;
        for (std::size_t i = 0; i < n; ++i) {
            ones[1 + count] = static_cast<std::uint32_t>(i);
            count += X[r * n + i];
        }
        ones[0] = count;
    }
}

}  // namespace
