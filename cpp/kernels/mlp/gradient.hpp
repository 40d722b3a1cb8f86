// MLP's gradient. A network's part of it needs the logit of its own feature and no other, so four features go
// forwards and back for all rows of a batch while their h are at hand.
#pragma once

#include "kernels/bernoulli.hpp"
#include "kernels/mlp/hidden.hpp"

namespace {

// A part is two blocks: their networks share nothing with the others.
std::size_t mlp_parts(Shape s) { return (n_blocks(s) + 1) / 2; }

// For one block and the rows of a batch: h, then dlog p / da in its place. Layout: [slice][row][feature][2][LANES];
// a slice is two registers of units, a line apart, so a walk through the rows stays near the first cache.
struct MlpSlopes {
    static constexpr std::size_t WIDE = 2 * BLOCK * LANES;  // floats of a row in a slice
    std::size_t rows;
    float* slices;

    MlpSlopes(Scratch& memory, Shape s) : rows(most_rows(s)), slices(memory.take<float>(rows * row_floats(s))) {}
    // Of all rows, the registers from units k and k + LINE on.
    float* at(std::size_t k) const {
        return slices + (k / (2 * LINE) * (LINE / LANES) + k % LINE / LANES) * rows * WIDE;
    }
    static std::size_t place(std::size_t r, std::size_t q, std::size_t v) { return r * WIDE + (2 * q + v) * LANES; }
    static std::size_t row_floats(Shape s) { return pad(MlpPlan(s).stride, 2 * LINE) * BLOCK; }
    // Rows at once: with many units, as few as keep the memory small.
    static std::size_t most_rows(Shape s) {
        std::size_t most = (std::size_t{1} << 20) / row_floats(s);
        return most < 1 ? 1 : most < MAX_BATCH ? most : MAX_BATCH;
    }
};

// What a thread works with.
struct MlpBackMemory {
    MlpSlopes slopes;
    OnesLists lists;
    RowsWithOne with_one;
    MlpBackMemory(Scratch& memory, Shape s) : slopes(memory, s), lists(memory, MAX_BATCH, s.n), with_one(memory, s.n) {}
};

struct MlpBatch {
    alignas(64) float logits[MAX_BATCH][BLOCK], delta[MAX_BATCH][BLOCK];  // then terms in place of logits
    std::uint8_t x[MAX_BATCH][BLOCK];
    MlpSums sums;
};

// dlog p / da = delta V h (1 - h), and what it and h add to dc and dV.
template <std::size_t lines>
void mlp_slopes(float* grad, float* slice, const View& model, const MlpBlock& block, const MlpBatch& batch,
                std::size_t rows, std::size_t k) {
    for (std::size_t q = 0; q < block.count; ++q) {
        vf V[lines], gV[lines] = {}, gc[lines] = {};
        for (std::size_t v = 0; v < lines; ++v) V[v] = load(model.params + block.V[q] + k + v * LINE);
        for (std::size_t r = 0; r < rows; ++r) {
            vf d = splat(batch.delta[r][q]);
            for (std::size_t v = 0; v < lines; ++v) {
                float* place = slice + MlpSlopes::place(r, q, v);
                vf h = load(place), slope = d * V[v] * fma(-h, h, h);
                gV[v] = fma(d, h, gV[v]);
                gc[v] += slope;
                store(place, slope);
            }
        }
        for (std::size_t v = 0; v < lines; ++v) {
            float *to_V = grad + block.V[q] + k + v * LINE, *to_c = grad + block.c[q] + k + v * LINE;
            store(to_V, load(to_V) + gV[v]);
            store(to_c, load(to_c) + gc[v]);
        }
    }
}

// dA_ij += dlog p / da_i, over the rows where x_j = 1, for the features i = `from` ... 3 of the block: each entry
// is summed in a register, and then added.
template <std::size_t from, std::size_t lines>
void mlp_outer(float* grad, const MlpBlock& block, const float* slice, const BatchRows& ones, std::size_t j,
               std::size_t k) {
    using Units = MlpUnits<from, 1, lines>;
    if (!ones.count) return;
    Units sum;
    Units::each([&, r = ones.row[0]](std::size_t q, std::size_t l, std::size_t v, std::size_t) {
        sum.of[q][l][v] = load(slice + MlpSlopes::place(r, q, v));
    });
    for (std::size_t o = 1; o < ones.count; ++o)
        Units::each([&, r = ones.row[o]](std::size_t q, std::size_t l, std::size_t v, std::size_t) {
            sum.of[q][l][v] += load(slice + MlpSlopes::place(r, q, v));
        });
    Units::each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t unit) {
        float* to = grad + block.A[q] + j * block.stride + k + unit;
        if (q < block.count) store(to, load(to) + sum.of[q][l][v]);
    });
}

// The terms of a block for all rows, and delta = scale[r] (x - p), 0 for what is past the last feature.
template <typename State>
void mlp_residuals(float* terms, MlpBatch& batch, const MlpBackMemory& memory, const View& model, const MlpBlock& block,
                   const std::uint8_t* X, const std::uint8_t* forced, const float* scale, const BatchRows& all) {
    std::size_t n = model.shape.n, rows = all.count;
    mlp_sums<State, 0>(batch.sums, model, block, memory.lists, all,
                       [slopes = memory.slopes](std::size_t r, std::size_t k, const auto& h) {
                           h.each([&](std::size_t q, std::size_t l, std::size_t v, std::size_t) {
                               store(slopes.at(k + l * LANES) + MlpSlopes::place(r, q, v), h.of[q][l][v]);
                           });
                       });
    mlp_fold(batch.sums, model.params + block.b, rows, [&](std::size_t r, v4f four) { store4(batch.logits[r], four); });
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t q = 0; q < BLOCK; ++q) {
            std::size_t at = r * n + block.first + q;
            batch.x[r][q] = q < block.count ? X[at] : 0;
            if (forced && q < block.count && forced[at])
                batch.logits[r][q] = (batch.x[r][q] ? 1.0f : -1.0f) * std::numeric_limits<float>::infinity();
        }
    for (std::size_t i = 0; i < rows * BLOCK; i += LANES) {
        Bits bits = load_bits(batch.logits[0], batch.x[0], i, rows * BLOCK);
        Residual residual(bits);
        store(batch.logits[0] + i, residual.term);
        store(batch.delta[0] + i, residual.delta);
    }
    for (std::size_t r = 0; r < rows; ++r) {
        store4(terms + r * pad(n, LINE) + block.first, load4(batch.logits[r]));
        store4(batch.delta[r], load4(batch.delta[r]) * scale[r]);
        for (std::size_t q = block.count; q < BLOCK; ++q) batch.delta[r][q] = 0.0f;
    }
}

// `mlp_gradient` for as many rows as `batch` has room for.
void mlp_gradient_of_batch(float* grad, float* terms, const View& model, const std::uint8_t* X,
                           const std::uint8_t* forced, const float* scale, std::size_t rows, std::size_t begin,
                           std::size_t end, MlpBatch& batch, const MlpBackMemory& memory) {
    std::size_t n = model.shape.n;
    MlpPlan plan(model.shape);
    memory.lists.fill(X, rows, n);
    memory.with_one.fill(rows, [&](std::size_t r) { return memory.lists.of(r); });
    BatchRows all = all_rows(rows);
    each_member(n_blocks(model.shape), begin, end, [&](std::size_t i) {
        MlpBlock block(plan, n, i);
        mlp_with_state(model, i, [&]<typename State>(State) {
            mlp_residuals<State>(terms, batch, memory, model, block, X, forced, scale, all);
        });
        v4f gb{};
        for (std::size_t r = 0; r < rows; ++r) gb += load4(batch.delta[r]);
        store4(grad + block.b, load4(grad + block.b) + gb);
        for (std::size_t lane = 0; lane < LINE; lane += LANES)
            mlp_each_pair(block.stride, lane, [&]<std::size_t lines>(std::size_t k) {
                float* slice = memory.slopes.at(k);
                mlp_slopes<lines>(grad, slice, model, block, batch, rows, k);
                const RowsWithOne& ones = memory.with_one;
                std::size_t j = 0;
                for (; j < block.first; ++j) mlp_outer<0, lines>(grad, block, slice, ones.at(j), j, k);
                if (block.count > 1) mlp_outer<1, lines>(grad, block, slice, ones.at(j), j, k);
                if (block.count > 2) mlp_outer<2, lines>(grad, block, slice, ones.at(j + 1), j + 1, k);
                if (block.count > 3) mlp_outer<3, lines>(grad, block, slice, ones.at(j + 2), j + 2, k);
            });
        // Units past d have h = 1/2: their V must not move.
        for (std::size_t q = 0; q < block.count; ++q)
            for (std::size_t k = model.shape.d; k < block.stride; ++k) grad[block.V[q] + k] = 0.0f;
    });
}

void mlp_gradient(float* grad, float* terms, const View& model, const std::uint8_t* X, const std::uint8_t* forced,
                  const float* scale, std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    auto memory = lay_out<MlpBackMemory>(scratch, model.shape);
    std::size_t n = model.shape.n, most = memory.slopes.rows;
    MlpBatch batch;
    for (std::size_t first = 0; first < rows; first += most)
        mlp_gradient_of_batch(grad, terms + first * pad(n, LINE), model, X + first * n,
                              forced ? forced + first * n : nullptr, scale + first,
                              most < rows - first ? most : rows - first, begin, end, batch, memory);
}

}  // namespace
