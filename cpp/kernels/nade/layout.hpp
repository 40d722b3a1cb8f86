// How NADE lies in memory. K is the number of hidden units in whole parts; a part is two lines of 16 floats, a block
// four features, a tile up to 64 rows.
//
//   V and W of the parameters, and exp(-W/2):           V once more, and exp(W/2): the rows of a part one
//   rows of all units. A tile goes through them         behind the other. The way back goes through all
//   block by block.                                     features, part by part.
//
//   block  i     part 0        part 1                      i     part 0            part 1
//            +-------------+-------------+--                 +-------------+   +-------------+
//     0    0 |             |             |                 0 |             |   |             |
//          1 |             |             |                 1 |             |   |             |
//          2 |             |             |                 2 |             |   |             |
//          3 |             |             |                 3 |             |   |             |
//            +-------------+-------------+--               4 |             |   |             |
//     1    4 |             |             |                 5 |             |   |             |
//          5 |             |             |                 6 |             |   |             |
//
//   a row at its end                        | s: K | h: K | additive: a line | ones, for D |
//   a row while it is drawn                 | s: K | h: K | additive, fresh: a line | direct: D x |
//   what a part has of rows on the way back | s of row 0, 1, ... 63, pool: 32 each | h of all | u of all | g of all |
//   and of the gradient                     | dV_0: 32 | dW_0: 32 | dV_1: 32 | dW_1: 32 | ...
//   what these rows do, by blocks           | moves | places of those at rest | delta of row 0, ... 63, pool: 4 each |
#pragma once

#include "kernels/lanes.hpp"
#include "kernels/nade/moves.hpp"
#include "kernels/plans.hpp"
#include "kernels/scratch.hpp"

namespace {

std::size_t nade_parts(Shape s) { return NadePlan(s).units / PART; }

// A matrix with a row of units for every feature, seen by parts of the units.
template <typename Float>
struct NadeMatrix {
    Float* data;
    std::size_t part, row;  // strides
    Float* at(std::size_t p, std::size_t i) const { return data + p * part + i * row; }
};

// What is derived from the parameters once.
template <typename Float>
struct NadeTablesOf {
    std::size_t K;
    NadeMatrix<Float> V, back;  // V once more; exp(W/2)
    Float* forward;             // exp(-W/2)
    Float *s0, *h0;             // state and hidden units before any one
    Float* largest;             // of every unit, the largest |c| or |W|
    Float* base;                // logits before any one

    NadeTablesOf(Scratch& memory, Shape s) {
        NadePlan plan(s);
        std::size_t steps = s.activation != Activation::relu;  // none are made where nobody asks for them
        K = plan.units;
        V = {memory.take<Float>(plan.rows * K), plan.rows * PART, PART};
        back = {memory.take<Float>(steps * plan.rows * K), plan.rows * PART, PART};
        forward = memory.take<Float>(steps * plan.rows * plan.stride);
        s0 = memory.take<Float>(K);
        h0 = memory.take<Float>(K);
        largest = memory.take<Float>(K);
        base = memory.take<Float>(plan.rows);
    }
    // Whether the exponential of every c and W is a normal number, far from the ends of the range. NaN: no.
    template <typename F>
    bool exponential() const {
        bool inside = true;
        for (std::size_t k = 0; k < K; ++k) inside &= largest[k] * -F::RATE < 75.0f;
        return inside;
    }
};
inline auto nade_tables(const View& model) { return lay_out<NadeTablesOf<const float>>(model.tables, model.shape); }

// What a row leaves for the way back.
struct NadeEnd {
    float *s, *h;
    bool* additive;       // whether s is a itself
    std::uint32_t* ones;  // for D
    NadeEnd(Scratch& memory, Shape shape)
        : s(memory.take<float>(NadePlan(shape).units)),
          h(memory.take<float>(NadePlan(shape).units)),
          additive(memory.take<bool>(1)),
          ones(memory.take<std::uint32_t>(shape.direct ? shape.n + 1 : 0)) {}
};
inline NadeEnd nade_end(const float* states, std::size_t row, Shape s) {
    return lay_out<NadeEnd>(states + row * floats_of<NadeEnd>(s), s);
}

// Of a thread, for a tile forwards.
struct NadeForwardMemory {
    NadeMoves* moves;  // by blocks
    NadeForwardMemory(Scratch& memory, Shape s) : moves(memory.take<NadeMoves>(n_blocks(s))) {}
};

// Of a row while it is drawn.
struct NadeDrawn {
    float *s, *h;
    // Whether s is a itself; whether there was no one yet. In a line of their own, so that rows start on different
    // cache sets.
    std::uint32_t *additive, *fresh;
    float* direct;  // what the ones so far add to every logit
    NadeDrawn(Scratch& memory, Shape shape)
        : s(memory.take<float>(NadePlan(shape).units)),
          h(memory.take<float>(NadePlan(shape).units)),
          additive(memory.take<std::uint32_t>(2)),
          fresh(additive + 1),
          direct(memory.take<float>(shape.direct ? FvsbnPlan(shape).width : 0)) {}
};
inline NadeDrawn nade_drawn(const float* states, std::size_t row, Shape s) {
    return lay_out<NadeDrawn>(states + row * floats_of<NadeDrawn>(s), s);
}

// Before their first one all rows have the same h, and one row more stands for them on the way back: the pool.
constexpr std::size_t POOL = MAX_TILE;

// A row's place among rows of a block of floats, in bytes: an index of delta as it is, and 8 times it of what a part
// of the units has of the row, so that a walk through rows computes no other.
constexpr std::size_t nade_place(std::size_t r) { return r * BLOCK * sizeof(float); }

// The places of some rows.
struct NadePlaces {
    std::uint16_t place[POOL + 1], count;
    void add(std::size_t r) { place[count++] = static_cast<std::uint16_t>(nade_place(r)); }
};

// A block's residuals of every row, by its place.
struct NadeDelta {
    float row[POOL + 1][BLOCK];
    const float* at(std::size_t place) const {
        return reinterpret_cast<const float*>(reinterpret_cast<const char*>(row) + place);
    }
};

// What a part of the units has of a row.
struct NadeRow {
    float *s, *h, *u, *g;
};

// What it has of up to 64 rows and the pool.
class NadeRows {
  public:
    NadeRow at(std::size_t place) {
        float* s = opaque(reinterpret_cast<float*>(reinterpret_cast<char*>(units_) + PART / BLOCK * place));
        return {s, s + APART, s + 2 * APART, s + 3 * APART};
    }
    NadeRow row(std::size_t r) { return at(nade_place(r)); }

  private:
    static constexpr std::size_t APART = (POOL + 1) * PART;
    alignas(64) float units_[4 * APART];
};

// dV and dW of one feature and a part of the units.
struct NadeGrad {
    alignas(64) float V[PART], W[PART];
};

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

// Of a thread, on the way back.
struct NadeBackMemory {
    NadeRows* rows;
    NadeGrad* grad;  // by features
    NadeRun runs[MAX_RUNS];
    NadeBackMemory(Scratch& memory, Shape s)
        : rows(memory.take<NadeRows>(1)), grad(memory.take<NadeGrad>(BLOCK * n_blocks(s))) {
        for (NadeRun& run : runs) {
            run.moves = memory.take<NadeMoves>(n_blocks(s));
            run.still = memory.take<NadePlaces>(n_blocks(s));
            run.delta = memory.take<NadeDelta>(n_blocks(s));
        }
    }
};

}  // namespace
