// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011): random words as a pure function of a counter and a key.
#pragma once

#include <cstddef>
#include <cstdint>

namespace {

// Ten rounds on `count` counters side by side, in place, under one key.
template <std::size_t count>
inline void philox_rounds(std::uint32_t (&words)[4][count], std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        for (std::size_t l = 0; l < count; ++l) {
            std::uint64_t p0 = std::uint64_t{0xD2511F53u} * words[0][l];
            std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * words[2][l];
            words[0][l] = static_cast<std::uint32_t>(p1 >> 32) ^ words[1][l] ^ key0;
            words[1][l] = static_cast<std::uint32_t>(p1);
            words[2][l] = static_cast<std::uint32_t>(p0 >> 32) ^ words[3][l] ^ key1;
            words[3][l] = static_cast<std::uint32_t>(p0);
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

// Words of rows row, row + 1, ...: counter (row, 64 bits; block; stream 0), key seed. Word w of
// block b belongs to feature 4 b + w.
template <std::size_t count>
inline void philox(std::uint32_t (&words)[4][count], std::uint64_t row, std::uint32_t block, std::uint64_t seed) {
    for (std::size_t l = 0; l < count; ++l) {
        words[0][l] = static_cast<std::uint32_t>(row + l);
        words[1][l] = static_cast<std::uint32_t>((row + l) >> 32);
        words[2][l] = block;
        words[3][l] = 0;
    }
    philox_rounds(words, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

}  // namespace
