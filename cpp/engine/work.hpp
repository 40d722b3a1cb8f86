// How the work of a call is split.
#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/isa.hpp"
#include "engine/parallel.hpp"
#include "models.hpp"

namespace ardens {

inline const ModelKernels& model_kernels(const Description& model) { return kernels().*model.kernels; }

// step(begin, count) for every thread's share of an array of `size` floats, in whole pieces.
template <typename Step>
void each_share(std::size_t size, int threads, Step&& step) {
    constexpr std::size_t PIECE = 32768;  // floats that are worth a thread
    std::size_t pieces = (size + PIECE - 1) / PIECE, shares = std::min<std::size_t>(pieces, threads);
    parallel_for(shares, threads, [&](std::size_t share, int) {
        std::size_t begin = pieces * share / shares * PIECE,
                    end = std::min(size, pieces * (share + 1) / shares * PIECE);
        step(begin, end - begin);
    });
}

// Threads that are worth waking for so many multiply-adds: some 10 microseconds of work for each.
inline int useful_threads(int threads, std::size_t multiply_adds) {
    constexpr std::size_t EACH = 200000;
    return static_cast<int>(std::clamp<std::size_t>(multiply_adds / EACH, 1, static_cast<std::size_t>(threads)));
}

// Rows in one tile: at most MAX_TILE and 2·10^9 multiply-adds, between which Ctrl-C gets through, and
// as many tiles for every thread. Results do not depend on it.
inline std::size_t tile_rows(const Description& model, std::size_t rows, int threads) {
    constexpr std::size_t MOST = 2000000000;
    std::size_t most =
                    std::clamp<std::size_t>(MOST / (model.size + 1), 1, MAX_TILE) * static_cast<std::size_t>(threads),
                rounds = (rows + most - 1) / most, tiles = rounds * static_cast<std::size_t>(threads);
    return std::max<std::size_t>(1, (rows + tiles - 1) / tiles);
}

}  // namespace ardens
