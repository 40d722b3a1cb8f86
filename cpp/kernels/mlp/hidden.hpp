// The MLP's hidden units: ways to keep a, and h of four features at a time.
#pragma once

#include "kernels/elementary.hpp"
#include "kernels/ones.hpp"
#include "kernels/parts.hpp"
#include "kernels/plans.hpp"
#include "kernels/sums.hpp"

namespace {

// What is derived from the parameters once.
template <typename Float>
struct MlpTablesOf {
    Float* steps;  // exp(-A / 2) and exp(-c / 2), at the places of A and c in the parameters
    Float* holds;  // for each block, 1 where MlpExponential holds whatever the row, else 0
    MlpTablesOf(Scratch& memory, Shape s)
        : steps(memory.take<Float>(MlpPlan(s).b)), holds(memory.take<Float>(n_blocks(s))) {}
};
inline auto mlp_tables(const View& model) { return lay_out<MlpTablesOf<const float>>(model.tables, model.shape); }

// Ways to keep a = c + sum over the ones of A. Both read it at the places of A and c in the parameters.

// exp(-a / 2), moved by multiplications: no exponential is left for a row.
struct MlpExponential {
    static constexpr float BOUND = 170.0f;  // within it exp(-a / 2) is a normal number
    static const float* table(const View& model) { return mlp_tables(model).steps; }
    static vf move(vf s, vf step) { return s * step; }
    // 1 + exp(-a). Beyond 2^62 it stays there: the product of two is finite, and h is off by 2^-62 at most.
    static vf divisor(vf s) { return min(fma(s, s, splat(1.0f)), splat(0x1p62f)); }
};

// a itself, for features with weights so large that some row might leave the other's range.
struct MlpAdditive {
    static const float* table(const View& model) { return model.params; }
    static vf move(vf s, vf step) { return s + step; }
    static vf divisor(vf s) { return exp(min(splat(43.0f), -s)) + 1.0f; }
};

// Four features. Those past the last one are the last one again.
struct MlpBlock {
    std::size_t first, count, stride;
    std::size_t A[BLOCK], V[BLOCK], c[BLOCK], b;  // where their parameters begin

    MlpBlock(const MlpPlan& plan, std::size_t n, std::size_t block)
        : first(BLOCK * block), count(n - first < BLOCK ? n - first : BLOCK), stride(plan.stride), b(plan.b + first) {
        for (std::size_t q = 0; q < BLOCK; ++q) {
            std::size_t i = first + (q < count ? q : count - 1);
            A[q] = plan.A + (i ? i * (i - 1) / 2 : 0) * stride;
            V[q] = plan.V + i * stride;
            c[q] = plan.c + i * stride;
        }
    }
};

// Calls f with the state of a block.
template <typename F>
inline void mlp_with_state(const View& model, std::size_t block, F f) {
    if (mlp_tables(model).holds[block] != 0.0f)
        f(MlpExponential{});
    else
        f(MlpAdditive{});
}

// Registers of units of the features `from` ... 3 of a block: `lanes` beside each other, in `lines`.
template <std::size_t from, std::size_t lanes, std::size_t lines>
struct MlpUnits {
    static constexpr std::size_t FROM = from, LINES = lines;
    vf of[BLOCK][lanes][lines];

    // f(q, l, v, unit)
    template <typename F>
    static void each(F f) {
#pragma GCC unroll 4
        for (std::size_t q = from; q < BLOCK; ++q)
#pragma GCC unroll 2
            for (std::size_t l = 0; l < lanes; ++l)
#pragma GCC unroll 2
                for (std::size_t v = 0; v < lines; ++v) f(q, l, v, l * LANES + v * LINE);
    }
};

// h = sigma(c + sum over the ones of A), from unit k on.
template <typename State, typename Units>
inline Units mlp_hidden(const float* table, const MlpBlock& block, const std::uint32_t* one, std::size_t k) {
    Units h;
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
        h.of[q][l][v] = load(table + block.c[q] + k + unit);
    });
    const float* A[BLOCK];
    for (std::size_t q = Units::FROM; q < BLOCK; ++q) A[q] = table + block.A[q] + k;
    for (; *one < block.first; ++one)
        Units::each([&, row = *one * block.stride](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
            h.of[q][l][v] = State::move(h.of[q][l][v], load(A[q] + row + unit));
        });
    // Ones within the block reach only the features behind them.
#pragma GCC unroll 3
    for (std::size_t j = 0; j + 1 < BLOCK; ++j)
        if (*one == block.first + j && j + 1 < block.count) {
            Units::each([&, row = *one * block.stride](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
                if (q > j) h.of[q][l][v] = State::move(h.of[q][l][v], load(A[q] + row + unit));
            });
            ++one;
        }
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t) {
        vf* of = h.of[q][l];
        if constexpr (Units::LINES == 2) {  // one division for two
            if (v == 1) return;
            vf t0 = State::divisor(of[0]), t1 = State::divisor(of[1]), r = 1.0f / (t0 * t1);
            of[0] = r * t1;
            of[1] = r * t0;
        } else {
            of[0] = 1.0f / State::divisor(of[0]);
        }
    });
    return h;
}

// f(k, lines) for all units of a row: in pairs of lines, the last perhaps alone.
template <typename F>
inline void mlp_each_pair(std::size_t stride, std::size_t lane, F f) {
    std::size_t k = lane;
    for (; k + LINE < stride; k += 2 * LINE) f.template operator()<2>(k);
    if (k < stride) f.template operator()<1>(k);
}

// V . h of four features for some rows, not yet folded.
struct MlpSums {
    Sum of[MAX_BATCH][BLOCK];
};

// The sums of the features `from` ... 3 for the rows of a list, whose ones are in `lists`; keep(o, k, h) sees all
// h of the o-th row on the way.
template <typename State, std::size_t from, typename Keep>
void mlp_sums(MlpSums& sums, const View& model, const MlpBlock& four, OnesLists lists, const BatchRows& rows,
              Keep keep) {
    constexpr std::size_t BESIDE = LANES == 8 ? 2 : 1;  // the units of a block then fill 16 registers
    const MlpBlock block = four;                        // copies that no store can alias
    const float *table = State::table(model), *params = model.params;
    const std::size_t count = rows.count;
    for (std::size_t lane = 0; lane < LINE; lane += BESIDE * LANES)
        mlp_each_pair(block.stride, lane, [&]<std::size_t lines>(std::size_t k) {
            using Units = MlpUnits<from, BESIDE, lines>;
            for (std::size_t o = 0; o < count; ++o) {
                Units h = mlp_hidden<State, Units>(table, block, lists.of(rows.row[o]), k);
                keep(o, k, h);
                vf sum[BLOCK][BESIDE];
                Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
                    vf& place = sums.of[o][q].reg[lane / LANES + l];
                    if (v == 0) sum[q][l] = k == lane ? vf{} : place;
                    sum[q][l] = fma(load(params + block.V[q] + k + unit), h.of[q][l][v], sum[q][l]);
                    if (v + 1 == lines) place = sum[q][l];
                });
            }
        });
}

// put(o, logits) for the o-th of some rows.
template <typename Put>
inline void mlp_fold(const MlpSums& sums, const float* b, std::size_t count, Put put) {
    v4f bias = load4(b);
    std::size_t o = 0;
    for (; o + 2 <= count; o += 2) {
        v8f two = fold8(sums.of[o], sums.of[o + 1]);
        put(o, __builtin_shufflevector(two, two, 0, 1, 2, 3) + bias);
        put(o + 1, __builtin_shufflevector(two, two, 4, 5, 6, 7) + bias);
    }
    if (o < count) put(o, fold4(sums.of[o]) + bias);
}

}  // namespace
