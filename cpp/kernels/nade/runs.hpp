// The rows of a batch, arranged for the way back.
#pragma once

#include "kernels/nade/layout.hpp"
#include "kernels/sums.hpp"

namespace {

// Fills the runs of a batch, and returns how many they are.
inline std::size_t nade_runs(NadeRun* runs, const View& model, const float* delta, const float* states,
                             const std::uint8_t* X, std::size_t rows) {
    std::size_t n = model.shape.n, stride = pad(n, LINE), blocks = n_blocks(model.shape), count = 0;
    for (std::size_t first = 0; first < rows; first += MAX_TILE)
        for (int additive = 0; additive < 2; ++additive) {
            RowSet members = 0;
            for (std::size_t r = 0; r < MAX_TILE && first + r < rows; ++r)
                if (*nade_end(states, first + r, model.shape).additive == (additive != 0)) members |= row_set(r);
            if (!members) continue;
            NadeRun& run = runs[count++];
            run.first = first;
            run.members = members;
            run.additive = additive != 0;
            nade_moves(run.moves, X + first * n, members, model.shape);
            for (std::size_t block = 0; block < blocks; ++block) {
                RowSet fresh = run.moves[block].fresh & ~run.moves[block].active;
                NadePlaces& still = run.still[block];
                still.count = 0;
                each_row(run.moves[block].still, [&](std::size_t r) { still.add(r); });
                if (fresh) still.add(POOL);
                v4f pool{};
                each_row(members, [&](std::size_t r) {
                    v4f d = load4(delta + (first + r) * stride + BLOCK * block);
                    store4(run.delta[block].row[r], d);
                    if (fresh & row_set(r)) pool += d;
                });
                store4(run.delta[block].row[POOL], pool);
            }
        }
    return count;
}

}  // namespace
