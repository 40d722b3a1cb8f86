// MLP: logit_i = V_i . h_i + b_i with h_i = sigma(c_i + sum over j < i of A_ij x_j), a hidden layer
// of its own for every feature. Features are taken four at a time: one walk through a row's ones serves all.
#pragma once

#include "bernoulli.hpp"
#include "ones.hpp"

namespace {

constexpr std::size_t MLP_BLOCK = 4;  // features at once

// Ways to keep a = c + sum over the ones of A. Both read it at the places of A and c in the parameters.

// exp(-a / 2), moved by multiplications: no exponential is left for a row.
struct MlpExponential {
    static constexpr float BOUND = 170.0f;  // within it exp(-a / 2) is a normal number
    static const float* table(const View& model) { return model.tables; }
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
    std::size_t A[MLP_BLOCK], V[MLP_BLOCK], c[MLP_BLOCK], b;  // where their parameters begin

    MlpBlock(const MlpPlan& plan, std::size_t n, std::size_t block)
        : first(MLP_BLOCK * block),
          count(n - first < MLP_BLOCK ? n - first : MLP_BLOCK),
          stride(plan.stride),
          b(plan.b + first) {
        for (std::size_t q = 0; q < MLP_BLOCK; ++q) {
            std::size_t i = first + (q < count ? q : count - 1);
            A[q] = plan.A + (i ? i * (i - 1) / 2 : 0) * stride;
            V[q] = plan.V + i * stride;
            c[q] = plan.c + i * stride;
        }
    }
};

inline std::size_t mlp_blocks(Shape s) { return pad(s.n, MLP_BLOCK) / MLP_BLOCK; }

// Calls f with the state of a block: the tables end with a number for each, 1 where MlpExponential holds
// whatever the row.
template <typename F>
inline void mlp_with_state(const View& model, const MlpPlan& plan, std::size_t block, F f) {
    if (model.tables[plan.b + block] != 0.0f)
        f(MlpExponential{});
    else
        f(MlpAdditive{});
}

// Registers of units of the features `from` ... 3 of a block: `lanes` beside each other, in `blocks` 16 apart.
template <std::size_t from, std::size_t lanes, std::size_t blocks>
struct MlpUnits {
    static constexpr std::size_t FROM = from, BLOCKS = blocks;
    vf of[MLP_BLOCK][lanes][blocks];

    // f(q, l, v, unit)
    template <typename F>
    static void each(F f) {
#pragma GCC unroll 4
        for (std::size_t q = from; q < MLP_BLOCK; ++q)
#pragma GCC unroll 2
            for (std::size_t l = 0; l < lanes; ++l)
#pragma GCC unroll 2
                for (std::size_t v = 0; v < blocks; ++v) f(q, l, v, l * LANES + v * BLOCK);
    }
};

// h = sigma(c + sum over the ones of A), from unit k on.
template <typename State, typename Units>
inline Units mlp_hidden(const float* table, const MlpBlock& block, const std::uint32_t* one, std::size_t k) {
    Units h;
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
        h.of[q][l][v] = load(table + block.c[q] + k + unit);
    });
    const float* A[MLP_BLOCK];
    for (std::size_t q = Units::FROM; q < MLP_BLOCK; ++q) A[q] = table + block.A[q] + k;
    for (; *one < block.first; ++one)
        Units::each([&, row = *one * block.stride](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
            h.of[q][l][v] = State::move(h.of[q][l][v], load(A[q] + row + unit));
        });
    // Ones within the block reach only the features behind them.
#pragma GCC unroll 3
    for (std::size_t j = 0; j + 1 < MLP_BLOCK; ++j)
        if (*one == block.first + j && j + 1 < block.count) {
            Units::each([&, row = *one * block.stride](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
                if (q > j) h.of[q][l][v] = State::move(h.of[q][l][v], load(A[q] + row + unit));
            });
            ++one;
        }
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t) {
        vf* of = h.of[q][l];
        if constexpr (Units::BLOCKS == 2) {  // one division for two
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

// f(k, blocks) for all units of a row: in pairs of blocks, the last perhaps alone.
template <typename F>
inline void mlp_each_pair(std::size_t stride, std::size_t lane, F f) {
    std::size_t k = lane;
    for (; k + BLOCK < stride; k += 2 * BLOCK) f.template operator()<2>(k);
    if (k < stride) f.template operator()<1>(k);
}

// out[from ... 3] = logits of the block for the row with these ones.
template <typename State, std::size_t from>
void mlp_row(float* out, const View& model, const MlpBlock& block, const std::uint32_t* ones) {
    constexpr std::size_t BESIDE = LANES == 8 ? 2 : 1;  // the units of four features then fill 16 registers
    alignas(64) float lanes[MLP_BLOCK][BLOCK];
    for (std::size_t lane = 0; lane < BLOCK; lane += BESIDE * LANES) {
        vf sum[MLP_BLOCK][BESIDE] = {};
        mlp_each_pair(block.stride, lane, [&]<std::size_t blocks>(std::size_t k) {
            using Units = MlpUnits<from, BESIDE, blocks>;
            Units h = mlp_hidden<State, Units>(State::table(model), block, ones, k);
            Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
                sum[q][l] = fma(load(model.params + block.V[q] + k + unit), h.of[q][l][v], sum[q][l]);
            });
        });
        for (std::size_t q = 0; q < MLP_BLOCK; ++q)
            for (std::size_t l = 0; l < BESIDE; ++l) store(lanes[q] + lane + l * LANES, sum[q][l]);
    }
    v4f logits = fold4(lanes[0]) + load4(model.params + block.b);
    if constexpr (from == 0) {
        store4(out, logits);
    } else {
        for (std::size_t q = from; q < MLP_BLOCK; ++q) out[q] = logits[q];
    }
}

void mlp_logits(float* logits, float* state, const View& model, const std::uint8_t* X, std::size_t rows, float*) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    MlpPlan plan(model.shape);
    list_ones(state, X, rows, n);
    for (std::size_t i = 0; i < mlp_blocks(model.shape); ++i) {
        MlpBlock block(plan, n, i);
        mlp_with_state(model, plan, i, [&]<typename State>(State) {
            for (std::size_t r = 0; r < rows; ++r)
                mlp_row<State, 0>(logits + r * stride + block.first, model, block, ones_of_row(state, r, n));
        });
    }
}

// Floats of a row in the backward pass: the slope of two registers of each feature.
constexpr std::size_t MLP_SLOPES = 2 * MLP_BLOCK * LANES;

// dA_ij += slope of feature i, over the rows where x_j = 1, for the features i = `from` ... 3 of the block.
template <std::size_t from, std::size_t blocks>
void mlp_outer(float* grad, const MlpBlock& block, const float* slopes, const OnesOfFeature& ones, std::size_t j,
               std::size_t k) {
    using Units = MlpUnits<from, 1, blocks>;
    Units sum;
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
        sum.of[q][l][v] = load(grad + block.A[q] + j * block.stride + k + unit);
    });
    for (std::size_t o = 0; o < ones.count; ++o) {
        const float* slope = slopes + ones.row[o] * MLP_SLOPES;
        Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t) {
            sum.of[q][l][v] += load(slope + (2 * q + v) * LANES);
        });
    }
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
        if (q < block.count) store(grad + block.A[q] + j * block.stride + k + unit, sum.of[q][l][v]);
    });
}

// All that the units from k on add to the gradient. Their slopes are kept for all rows of the batch, so
// that each entry of dA, too, is summed in a register.
template <typename State, std::size_t blocks>
void mlp_backward_units(float* grad, const View& model, const MlpBlock& block, const float* delta, float* state,
                        std::size_t rows, const OnesOfFeature* columns, float* slopes, std::size_t k) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    using Units = MlpUnits<0, 1, blocks>;
    Units V, gV, gc;
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
        V.of[q][l][v] = load(model.params + block.V[q] + k + unit);
        gV.of[q][l][v] = load(grad + block.V[q] + k + unit);
        gc.of[q][l][v] = load(grad + block.c[q] + k + unit);
    });
    for (std::size_t r = 0; r < rows; ++r) {
        Units h = mlp_hidden<State, Units>(State::table(model), block, ones_of_row(state, r, n), k);
        Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t) {
            vf d = splat(delta[r * stride + block.first + q]), hk = h.of[q][l][v],
               slope = d * V.of[q][l][v] * hk * (1.0f - hk);
            gV.of[q][l][v] = fma(d, hk, gV.of[q][l][v]);
            gc.of[q][l][v] += slope;
            store(slopes + r * MLP_SLOPES + (2 * q + v) * LANES, slope);
        });
    }
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
        if (q >= block.count) return;
        store(grad + block.V[q] + k + unit, gV.of[q][l][v]);
        store(grad + block.c[q] + k + unit, gc.of[q][l][v]);
    });
    for (std::size_t j = 0; j < block.first; ++j) mlp_outer<0, blocks>(grad, block, slopes, columns[j], j, k);
    if (block.count > 1) mlp_outer<1, blocks>(grad, block, slopes, columns[block.first], block.first, k);
    if (block.count > 2) mlp_outer<2, blocks>(grad, block, slopes, columns[block.first + 1], block.first + 1, k);
    if (block.count > 3) mlp_outer<3, blocks>(grad, block, slopes, columns[block.first + 2], block.first + 2, k);
}

// A unit is two blocks: their networks share nothing with the others.
std::size_t mlp_units(Shape s) { return (mlp_blocks(s) + 1) / 2; }

void mlp_backward(float* grad, const View& model, const float* delta, float* state, const std::uint8_t*,
                  std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    MlpPlan plan(model.shape);
    auto* columns = reinterpret_cast<OnesOfFeature*>(scratch + MAX_BATCH * MLP_SLOPES);
    collect_ones(columns, rows, n, [&](std::size_t r) { return ones_of_row(state, r, n); });
    each_member(mlp_blocks(model.shape), begin, end, [&](std::size_t i) {
        MlpBlock block(plan, n, i);
        v4f gb = load4(grad + block.b);
        for (std::size_t r = 0; r < rows; ++r) gb += load4(delta + r * stride + block.first);
        store4(grad + block.b, gb);
        mlp_with_state(model, plan, i, [&]<typename State>(State) {
            for (std::size_t lane = 0; lane < BLOCK; lane += LANES)
                mlp_each_pair(block.stride, lane, [&]<std::size_t blocks>(std::size_t k) {
                    mlp_backward_units<State, blocks>(grad, model, block, delta, state, rows, columns, scratch, k);
                });
        });
        // Units past d have h = 1/2: their V must not move.
        for (std::size_t q = 0; q < block.count; ++q)
            for (std::size_t k = model.shape.d; k < block.stride; ++k) grad[block.V[q] + k] = 0.0f;
    });
}

using MlpRow = void (*)(float*, const View&, const MlpBlock&, const std::uint32_t*);
template <typename State>
constexpr MlpRow mlp_row_behind[MLP_BLOCK] = {mlp_row<State, 1>, mlp_row<State, 2>, mlp_row<State, 3>, nullptr};

// The bits of a block. Its logits are computed as if it had no one; after a one, those behind it once more.
template <typename State>
void mlp_draw(std::uint8_t* X, float* logits, const View& model, const MlpBlock& block, DrawnOnes& ones, float* lists,
              const std::uint32_t (*words)[MAX_TILE], std::size_t rows) {
    std::size_t n = model.shape.n, stride = pad(n, BLOCK);
    alignas(64) float column[MAX_TILE] = {};
    float* out = logits + block.first;
    for (std::size_t r = 0; r < rows; ++r) mlp_row<State, 0>(out + r * stride, model, block, ones_of_row(lists, r, n));
    for (std::size_t q = 0; q < block.count; ++q) {
        for (std::size_t r = 0; r < rows; ++r) column[r] = out[r * stride + q];
        MlpRow behind = mlp_row_behind<State>[q];
        ones.add(X, draw(column, words[q], rows), block.first + q, [&](std::size_t r) {
            if (behind) behind(out + r * stride, model, block, ones_of_row(lists, r, n));
        });
    }
}

void mlp_sample(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float* scratch) {
    MlpPlan plan(model.shape);
    DrawnOnes ones(scratch, rows, model.shape.n);
    alignas(64) std::uint32_t words[MLP_BLOCK][MAX_TILE];
    for (std::size_t i = 0; i < mlp_blocks(model.shape); ++i) {
        MlpBlock block(plan, model.shape.n, i);
        philox(words, stream, i, rows);
        mlp_with_state(model, plan, i, [&]<typename State>(State) {
            mlp_draw<State>(X, logits, model, block, ones, scratch, words, rows);
        });
    }
}

Needs mlp_needs(Shape s) {
    return {MlpPlan(s).b + mlp_blocks(s), s.n + 1, MAX_TILE * (s.n + 1),
            MAX_BATCH * MLP_SLOPES + OnesOfFeature::floats(s.n)};
}

std::size_t mlp_stage_items(Shape s, std::size_t stage) { return stage == 0 ? mlp_units(s) : 0; }

// The tables of MlpExponential, by units as in `backward`. Whatever the row, a lies between c plus all that
// is negative in A and c plus all that is positive; a single step must be within the bound, too.
void mlp_prepare(float* out, const float* params, Shape shape, std::size_t, std::size_t begin, std::size_t end) {
    MlpPlan plan(shape);
    each_member(mlp_blocks(shape), begin, end, [&](std::size_t i) {
        MlpBlock block(plan, shape.n, i);
        vi inside = vi{} - 1;
        for (std::size_t q = 0; q < block.count; ++q)
            for (std::size_t k = 0; k < block.stride; k += LANES) {
                vf c = load(params + block.c[q] + k), least = c, most = c;
                store(out + block.c[q] + k, exp(c * -0.5f));
                for (std::size_t j = 0; j < block.first + q; ++j) {
                    std::size_t at = block.A[q] + j * block.stride + k;
                    vf a = load(params + at);
                    least += min(vf{}, a);
                    most += max(vf{}, a);
                    inside &= abs(a) < splat(MlpExponential::BOUND);
                    store(out + at, exp(a * -0.5f));
                }
                inside &= (least > splat(-MlpExponential::BOUND)) & (most < splat(MlpExponential::BOUND));
            }
        out[plan.b + i] = 1.0f;
        for (std::size_t l = 0; l < LANES; ++l)
            if (!inside[l]) out[plan.b + i] = 0.0f;
    });
}

constexpr ModelKernels mlp_kernels = {mlp_needs, mlp_stage_items, mlp_prepare, mlp_logits,
                                      mlp_units, mlp_backward,    mlp_sample};

}  // namespace
