// The rows of a batch, arranged for the way back.
#pragma once

#include "nade_path.hpp"
#include "nade_state.hpp"

namespace {

// Before their first one all rows have the same h, and one row more stands for them: the pool.
constexpr std::size_t POOL = MAX_TILE;

// Rows of a batch that go back together: those of one kind of state among 64 neighbours.
struct NadeRun {
    std::size_t first;
    RowSet members;
    bool additive;
    // Block by block: what rows do, those whose h stays, and delta. The pool's is the sum over its rows.
    NadeMoves* moves;
    RowList* still;
    float (*delta)[POOL + 1][FOUR];
};
constexpr std::size_t MAX_RUNS = 2 * MAX_BATCH / MAX_TILE;

inline std::size_t nade_runs_floats(Shape s) {
    std::size_t run = nade_blocks(s) * (sizeof(NadeMoves) + sizeof(RowList) + (POOL + 1) * FOUR * sizeof(float));
    return MAX_RUNS * run / sizeof(float);
}

// The runs of a batch, and what each does; `memory` is nade_runs_floats(shape) floats.
inline std::size_t nade_runs(NadeRun* runs, const View& model, const float* delta, float* states, const std::uint8_t* X,
                             std::size_t rows, float* memory) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK), blocks = nade_blocks(model.shape), count = 0;
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
                run.still[block] = RowList(run.moves[block].still);
                if (fresh) run.still[block].add(POOL);
                v4f pool{};
                each_row(members, [&](std::size_t r) {
                    v4f d = load4(delta + (first + r) * stride + FOUR * block);
                    store4(run.delta[block][r], d);
                    if (fresh & row_set(r)) pool += d;
                });
                store4(run.delta[block][POOL], pool);
            }
        }
    return count;
}

}  // namespace
