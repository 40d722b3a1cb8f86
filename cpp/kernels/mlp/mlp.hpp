// MLP: logit_i = V_i . h_i + b_i with h_i = sigma(c_i + sum over j < i of A_ij x_j), a hidden layer
// of its own for every feature. Features are taken four at a time: one walk through a row's ones serves all.
#pragma once

#include "kernels/mlp/gradient.hpp"
#include "kernels/mlp/hidden.hpp"

namespace {

void mlp_logits(float* logits, float*, const View& model, const std::uint8_t* X, std::size_t rows, float* scratch) {
    std::size_t n = model.shape.n, stride = pad(n, LINE);
    MlpPlan plan(model.shape);
    MlpSums sums;
    auto lists = lay_out<OnesLists>(scratch, MAX_TILE, n);
    lists.fill(X, rows, n);
    BatchRows all = all_rows(rows);
    for (std::size_t i = 0; i < n_blocks(model.shape); ++i) {
        MlpBlock block(plan, n, i);
        mlp_with_state(model, i, [&]<typename State>(State) {
            mlp_sums<State, 0>(sums, model, block, lists, all, [](auto&&...) {});
        });
        mlp_fold(sums, model.params + block.b, rows,
                 [&](std::size_t r, v4f four) { store4(logits + r * stride + block.first, four); });
    }
}

// Of a row while it is drawn.
inline DrawnOnes mlp_drawn(float* states, std::size_t r, std::size_t n) {
    return lay_out<DrawnOnes>(states + r * spread(floats_of<DrawnOnes>(n)), n);
}

// Once more the logits of the features behind q, for the rows with a one at q.
template <typename State, std::size_t from>
void mlp_behind(float* out, MlpSums& sums, const View& model, const MlpBlock& block, OnesLists lists,
                const BatchRows& rows) {
    std::size_t stride = pad(model.shape.n, LINE);
    mlp_sums<State, from>(sums, model, block, lists, rows, [](auto&&...) {});
    mlp_fold(sums, model.params + block.b, rows.count, [&](std::size_t o, v4f four) {
        for (std::size_t q = from; q < BLOCK; ++q) out[rows.row[o] * stride + q] = four[q];
    });
}

using MlpBehind = void (*)(float*, MlpSums&, const View&, const MlpBlock&, OnesLists, const BatchRows&);
template <typename State>
constexpr MlpBehind mlp_behind_feature[BLOCK] = {mlp_behind<State, 1>, mlp_behind<State, 2>, mlp_behind<State, 3>,
                                                 nullptr};

void mlp_begin(float* states, const View& model, std::size_t rows, bool) {
    for (std::size_t r = 0; r < rows; ++r) mlp_drawn(states, r, model.shape.n).clear();
}

// The logits of a block are computed as if it had no one; after a one, those behind it once more.
template <typename State>
void mlp_draw_block(std::uint8_t* X, float* logits, float* states, const View& model, const Words& words, Known& known,
                    const MlpBlock& block, std::size_t rows) {
    std::size_t n = model.shape.n, stride = pad(n, LINE);
    OnesLists lists(mlp_drawn(states, 0, n).list, spread(floats_of<DrawnOnes>(n)));
    MlpSums sums;
    alignas(64) float column[MAX_TILE] = {};
    float* out = logits + block.first;
    mlp_sums<State, 0>(sums, model, block, lists, all_rows(rows), [](auto&&...) {});
    mlp_fold(sums, model.params + block.b, rows, [&](std::size_t r, v4f four) { store4(out + r * stride, four); });
    for (std::size_t q = 0; q < block.count; ++q) {
        for (std::size_t r = 0; r < rows; ++r) column[r] = out[r * stride + q];
        RowSet ones = draw(column, words, known, q, rows);
        for (std::size_t r = 0; r < rows; ++r) X[r * n + block.first + q] = ones >> r & 1;
        BatchRows drawn;
        each_row(ones, [&](std::size_t r) {
            mlp_drawn(states, r, n).add(block.first + q);
            drawn.add(r);
        });
        if (MlpBehind behind = mlp_behind_feature<State>[q]) behind(out, sums, model, block, lists, drawn);
    }
}

void mlp_draw(std::uint8_t* X, float* logits, float* states, const View& model, const Words& words, Known& known,
              std::size_t block, std::size_t rows) {
    MlpBlock four(MlpPlan(model.shape), model.shape.n, block);
    mlp_with_state(model, block, [&]<typename State>(State) {
        mlp_draw_block<State>(X, logits, states, model, words, known, four, rows);
    });
}

Needs mlp_needs(Shape s) {
    return {floats_of<MlpTablesOf<float>>(s), 0, spread(floats_of<DrawnOnes>(s.n)), floats_of<OnesLists>(MAX_TILE, s.n),
            floats_of<MlpBackMemory>(s)};
}

std::size_t mlp_stage_items(Shape s, std::size_t stage) { return stage == 0 ? mlp_parts(s) : 0; }

// The tables of MlpExponential, by parts as in `gradient`. Whatever the row, a lies between c plus all that
// is negative in A and c plus all that is positive; a single step must be within the bound, too.
void mlp_prepare(float* out, const float* params, Shape shape, std::size_t, std::size_t begin, std::size_t end) {
    MlpPlan plan(shape);
    auto tables = lay_out<MlpTablesOf<float>>(out, shape);
    each_member(n_blocks(shape), begin, end, [&](std::size_t i) {
        MlpBlock block(plan, shape.n, i);
        vi inside = vi{} - 1;
        for (std::size_t q = 0; q < block.count; ++q)
            for (std::size_t k = 0; k < block.stride; k += LANES) {
                vf c = load(params + block.c[q] + k), least = c, most = c;
                store(tables.steps + block.c[q] + k, exp(c * -0.5f));
                for (std::size_t j = 0; j < block.first + q; ++j) {
                    std::size_t at = block.A[q] + j * block.stride + k;
                    vf a = load(params + at);
                    least += min(vf{}, a);
                    most += max(vf{}, a);
                    inside &= abs(a) < splat(MlpExponential::BOUND);
                    store(tables.steps + at, exp(a * -0.5f));
                }
                inside &= (least > splat(-MlpExponential::BOUND)) & (most < splat(MlpExponential::BOUND));
            }
        tables.holds[i] = 1.0f;
        for (std::size_t l = 0; l < LANES; ++l)
            if (!inside[l]) tables.holds[i] = 0.0f;
    });
}

constexpr ModelKernels mlp_kernels = {mlp_needs, mlp_stage_items, mlp_prepare, mlp_logits, mlp_parts,
                                      nullptr,   mlp_gradient,    mlp_begin,   mlp_draw,   nullptr};

}  // namespace
