// The rows of a batch, arranged for the way back.
#pragma once

#include "kernels/lanes.hpp"
#include "kernels/nade/moves.hpp"
#include "kernels/nade/state.hpp"

namespace {

// Before their first one all rows have the same h, and one row more stands for them: the pool.
constexpr std::size_t POOL = MAX_TILE;

// A row's place among rows of four floats, in bytes: an index of delta as it is, and 8 times it of what a part of the
// units has of the row, so that a walk through rows computes no other.
constexpr std::size_t nade_place(std::size_t r) { return r * BLOCK * sizeof(float); }

// The places of some rows. Moves, places and delta lie one behind the other.
struct alignas(NadeMoves) NadePlaces {
    std::uint16_t place[POOL + 1], count;
    void add(std::size_t r) { place[count++] = static_cast<std::uint16_t>(nade_place(r)); }
};

// Four residuals of a row, by its place.
struct NadeDelta {
    float row[POOL + 1][BLOCK];
    const float* at(std::size_t place) const {
        return reinterpret_cast<const float*>(reinterpret_cast<const char*>(row) + place);
    }
};
static_assert(sizeof(NadeDelta) % alignof(NadeMoves) == 0);

// Rows of a batch that go back together: those of one kind of state among 64 neighbours.
struct NadeRun {
    std::size_t first;
    RowSet members;
    bool additive;
    // Block by block: what rows do, those whose h stays, and delta. The pool's is the sum over its rows.
    NadeMoves* moves;
    NadePlaces* still;
    NadeDelta* delta;
};
constexpr std::size_t MAX_RUNS = 2 * MAX_BATCH / MAX_TILE;

inline std::size_t nade_runs_floats(Shape s) {
    std::size_t run = n_blocks(s) * (sizeof(NadeMoves) + sizeof(NadePlaces) + sizeof(NadeDelta));
    return MAX_RUNS * run / sizeof(float);
}

// The runs of a batch, and what each does; `memory` is nade_runs_floats(shape) floats.
inline std::size_t nade_runs(NadeRun* runs, const View& model, const float* delta, float* states, const std::uint8_t* X,
                             std::size_t rows, float* memory) {
    std::size_t n = model.shape.n, stride = pad(n, LINE), blocks = n_blocks(model.shape), count = 0;
    for (std::size_t first = 0; first < rows; first += MAX_TILE)
        for (int additive = 0; additive < 2; ++additive) {
            RowSet members = 0;
            for (std::size_t r = 0; r < MAX_TILE && first + r < rows; ++r)
                if (*NadeEnd(states, first + r, model.shape).additive == static_cast<float>(additive))
                    members |= row_set(r);
            if (!members) continue;
            NadeRun& run = runs[count++];
            auto take = [&]<typename T>(T*& place) {
                place = reinterpret_cast<T*>(memory);
                memory += blocks * sizeof(T) / sizeof(float);
            };
            run.first = first;
            run.members = members;
            run.additive = additive != 0;
            take(run.moves);
            take(run.still);
            take(run.delta);
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
