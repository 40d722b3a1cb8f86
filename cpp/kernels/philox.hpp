// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011): random words as a pure function of a counter and a key.
#pragma once

#include <cstddef>
#include <cstdint>

namespace {

// High and low half of a 64-bit product. Kernels have the same for registers of words (lanes.hpp, included before).
inline void wide_product(std::uint32_t& high, std::uint32_t& low, std::uint32_t a, std::uint32_t b) {
    std::uint64_t product = std::uint64_t{a} * b;
    high = static_cast<std::uint32_t>(product >> 32);
    low = static_cast<std::uint32_t>(product);
}

// Ten rounds on a counter, or on several side by side, under one key.
template <typename Word>
inline void philox_rounds(Word (&words)[4], std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        Word high0, low0, high1, low1;
        wide_product(high0, low0, words[0], 0xD2511F53u);
        wide_product(high1, low1, words[2], 0xCD9E8D57u);
        words[0] = high1 ^ words[1] ^ key0;
        words[1] = low1;
        words[2] = high0 ^ words[3] ^ key1;
        words[3] = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

}  // namespace
