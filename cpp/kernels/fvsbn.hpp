// FVSBN: logit_i = b_i + sum over j < i of W_ij x_j. W is stored by input: row j holds the weights
// from x_j to every logit, zero up to and including j, so a one at j adds one row.
#pragma once

#include "bernoulli.hpp"
#include "ones.hpp"

namespace {

constexpr std::size_t FVSBN_CHUNK = 4 * LANES;  // logits held in four registers while a row's ones are swept
constexpr std::size_t FVSBN_PIECE = 64;         // logits that `backward` takes at once; a unit is two pieces

Needs fvsbn_needs(Shape s) { return {0, s.n + 1, 0}; }
std::size_t fvsbn_stage_items(Shape, std::size_t) { return 0; }
void fvsbn_prepare(float*, const float*, Shape, std::size_t, std::size_t, std::size_t) {}

// out[0, width) += sum over ones j of table[j][0, width), registers: width / LANES.
template <std::size_t registers>
inline void add_rows(float* out, const float* table, std::size_t stride, const std::uint32_t* ones, std::size_t end) {
    vf sum[registers];
    for (std::size_t v = 0; v < registers; ++v) sum[v] = load(out + v * LANES);
    for (std::size_t o = 0; o < ones[0] && ones[1 + o] < end; ++o) {
        const float* row = table + ones[1 + o] * stride;
        for (std::size_t v = 0; v < registers; ++v) sum[v] += load(row + v * LANES);
    }
    for (std::size_t v = 0; v < registers; ++v) store(out + v * LANES, sum[v]);
}

void fvsbn_logits(float* logits, float* state, const View& model, const std::uint8_t* X, std::size_t rows, float*) {
    std::size_t n = model.shape.n;
    FvsbnPlan plan(model.shape);
    list_ones(state, X, rows, n);
    // Chunks outside, rows inside: a chunk of W stays in cache for all rows.
    for (std::size_t i = 0; i < plan.width; i += FVSBN_CHUNK) {
        std::size_t width = std::size_t{FVSBN_CHUNK} < plan.width - i ? FVSBN_CHUNK : plan.width - i;
        for (std::size_t r = 0; r < rows; ++r) {
            const std::uint32_t* ones = ones_of_row(state, r, n);
            float* out = logits + r * plan.width + i;
            std::memcpy(out, model.params + plan.b + i, width * sizeof(float));
            if (width == FVSBN_CHUNK) {
                add_rows<4>(out, model.params + plan.W + i, plan.stride, ones, i + width);
            } else {
                for (std::size_t l = 0; l < width; l += LANES)
                    add_rows<1>(out + l, model.params + plan.W + i + l, plan.stride, ones, i + l + LANES);
            }
        }
    }
}

inline std::size_t fvsbn_pieces(Shape s) { return pad(s.n, FVSBN_PIECE) / FVSBN_PIECE; }

std::size_t fvsbn_units(Shape s) { return (fvsbn_pieces(s) + 1) / 2; }

// dW_ij += delta_i x_j for one row and the logits of one register, from i on.
inline void fvsbn_outer(float* gW, const FvsbnPlan& plan, vf delta, const std::uint32_t* ones, std::size_t i) {
    std::size_t o = 0;
    for (; o < ones[0] && ones[1 + o] < i; ++o) {
        float* g = gW + ones[1 + o] * plan.stride + i;
        store(g, load(g) + delta);
    }
    // Ones within the register's own positions reach only the later ones.
    for (; o < ones[0] && ones[1 + o] < i + LANES; ++o) {
        std::size_t j = ones[1 + o];
        for (std::size_t l = j - i + 1; l < LANES; ++l) gW[j * plan.stride + i + l] += delta[l];
    }
}

void fvsbn_backward(float* grad, const View& model, const float* delta, float* state, const std::uint8_t*,
                    std::size_t rows, std::size_t begin, std::size_t end, float*) {
    std::size_t n = model.shape.n;
    FvsbnPlan plan(model.shape);
    each_member(fvsbn_pieces(model.shape), begin, end, [&](std::size_t piece) {
        std::size_t first = piece * FVSBN_PIECE, last = first + FVSBN_PIECE;
        for (std::size_t i = first; i < (last < plan.width ? last : plan.width); i += LANES)
            for (std::size_t r = 0; r < rows; ++r) {
                vf d = load(delta + r * plan.width + i);
                store(grad + plan.b + i, load(grad + plan.b + i) + d);
                fvsbn_outer(grad + plan.W, plan, d, ones_of_row(state, r, n), i);
            }
    });
}

void fvsbn_sample(std::uint8_t* X, float* logits, const View& model, Stream stream, std::size_t rows, float*) {
    std::size_t n = model.shape.n;
    FvsbnPlan plan(model.shape);
    alignas(64) std::uint32_t words[4][MAX_TILE];
    alignas(64) float column[MAX_TILE] = {}, bits[MAX_TILE];
    for (std::size_t r = 0; r < rows; ++r)
        std::memcpy(logits + r * plan.width, model.params + plan.b, plan.width * sizeof(float));
    for (std::size_t i = 0; i < n; ++i) {
        if (i % 4 == 0) philox(words, stream.start, static_cast<std::uint32_t>(i / 4), stream.seed);
        for (std::size_t r = 0; r < rows; ++r) column[r] = logits[r * plan.width + i];
        draw(bits, column, words[i % 4], rows);
        const float* row = model.params + plan.W + i * plan.stride;
        for (std::size_t r = 0; r < rows; ++r) {
            X[r * n + i] = bits[r] != 0.0f;
            if (bits[r] == 0.0f) continue;
            float* out = logits + r * plan.width;
            for (std::size_t l = i / LANES * LANES; l < plan.width; l += LANES)
                store(out + l, load(out + l) + load(row + l));
        }
    }
}

constexpr ModelKernels fvsbn_kernels = {fvsbn_needs, fvsbn_stage_items, fvsbn_prepare, fvsbn_logits,
                                        fvsbn_units, fvsbn_backward,    fvsbn_sample};

}  // namespace
