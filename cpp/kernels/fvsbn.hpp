// FVSBN: logit_i = b_i + sum over j < i of W_ij x_j. W is stored by input: row j holds the weights
// from x_j to every logit, zero up to and including j, so a one at j adds one row.
#pragma once

#include "kernels/bernoulli.hpp"
#include "kernels/ones.hpp"
#include "kernels/parts.hpp"
#include "kernels/plans.hpp"

namespace {

constexpr std::size_t FVSBN_CHUNK = 4 * LANES;  // logits held in four registers while a row's ones are swept
constexpr std::size_t FVSBN_STRIP = 64;         // logits that `backward` takes at once; a part is two strips

// Of a row while it is drawn: the logits of the chunk that it is in, as far as its ones are known.
struct FvsbnDrawn {
    float* chunk;
    DrawnOnes ones;
    FvsbnDrawn(Scratch& memory, std::size_t n) : chunk(memory.take<float>(FVSBN_CHUNK)), ones(memory, n) {}
    static FvsbnDrawn of(float* states, std::size_t r, std::size_t n) {
        return lay_out<FvsbnDrawn>(states + r * floats_of<FvsbnDrawn>(n), n);
    }
};

Needs fvsbn_needs(Shape s) {
    return {0, floats_of<OnesLists>(1, s.n), floats_of<FvsbnDrawn>(s.n), 0, floats_of<RowsWithOne>(s.n)};
}
std::size_t fvsbn_stage_items(Shape, std::size_t) { return 0; }
void fvsbn_prepare(float*, const float*, Shape, std::size_t, std::size_t, std::size_t) {}

// out[0, registers * LANES) += the rows of `table` of all ones below `end`.
template <std::size_t registers>
inline void add_rows(float* out, const float* table, std::size_t stride, const std::uint32_t* one, std::size_t end) {
    vf sum[registers];
    for (std::size_t v = 0; v < registers; ++v) sum[v] = load(out + v * LANES);
    for (; *one < end; ++one) {
        const float* row = table + *one * stride;
        for (std::size_t v = 0; v < registers; ++v) sum[v] += load(row + v * LANES);
    }
    for (std::size_t v = 0; v < registers; ++v) store(out + v * LANES, sum[v]);
}

inline std::size_t fvsbn_chunk_end(const FvsbnPlan& plan, std::size_t begin) {
    return FVSBN_CHUNK < plan.width - begin ? begin + FVSBN_CHUNK : plan.width;
}

// Logits [begin, end) of all rows, as far as their ones are known; those of row r go to out(r). Chunks outside, rows
// inside: a chunk of W stays in cache for all rows.
template <typename Out>
inline void fvsbn_chunk(const float* params, const FvsbnPlan& plan, OnesLists lists, std::size_t rows,
                        std::size_t begin, std::size_t end, Out out) {
    const float* W = params + plan.W;
    for (std::size_t r = 0; r < rows; ++r) {
        const std::uint32_t* ones = lists.of(r);
        float* logits = out(r);
        for (std::size_t i = begin; i < end; i += LANES) store(logits + (i - begin), load(params + plan.b + i));
        if (end - begin == FVSBN_CHUNK) {
            add_rows<4>(logits, W + begin, plan.stride, ones, end);
        } else {
            for (std::size_t i = begin; i < end; i += LANES)
                add_rows<1>(logits + (i - begin), W + i, plan.stride, ones, i + LANES);
        }
    }
}

void fvsbn_logits(float* logits, float* state, const View& model, const std::uint8_t* X, std::size_t rows, float*) {
    std::size_t n = model.shape.n;
    FvsbnPlan plan(model.shape);
    auto lists = lay_out<OnesLists>(state, rows, n);
    lists.fill(X, rows, n);
    for (std::size_t begin = 0, end; begin < plan.width; begin = end) {
        end = fvsbn_chunk_end(plan, begin);
        fvsbn_chunk(model.params, plan, lists, rows, begin, end,
                    [=](std::size_t r) { return logits + r * plan.width + begin; });
    }
}

inline std::size_t fvsbn_strips(Shape s) { return pad(s.n, FVSBN_STRIP) / FVSBN_STRIP; }

std::size_t fvsbn_parts(Shape s) { return (fvsbn_strips(s) + 1) / 2; }

// dW_ij += delta_i x_j for the logits first ... first + REGISTERS * LANES - 1 of all rows: each entry is summed in a
// register, over the rows where x_j = 1, and then added.
template <std::size_t REGISTERS>
void fvsbn_outer(float* gW, const FvsbnPlan& plan, const float* delta, const RowsWithOne& with_one, std::size_t n,
                 std::size_t first) {
    std::size_t end = first + REGISTERS * LANES;
    for (std::size_t j = 0; j < end && j < n; ++j) {
        const BatchRows& rows = with_one.at(j);
        if (!rows.count) continue;
        float* g = gW + j * plan.stride + first;
        const float* strip = delta + first;
        vf sum[REGISTERS];
        for (std::size_t v = 0; v < REGISTERS; ++v) sum[v] = load(strip + rows.row[0] * plan.width + v * LANES);
        for (std::size_t o = 1; o < rows.count; ++o) {
            const float* d = strip + rows.row[o] * plan.width;
            for (std::size_t v = 0; v < REGISTERS; ++v) sum[v] += load(d + v * LANES);
        }
        for (std::size_t v = 0; v < REGISTERS; ++v) sum[v] += load(g + v * LANES);
        if (j < first) {
            for (std::size_t v = 0; v < REGISTERS; ++v) store(g + v * LANES, sum[v]);
        } else {  // among these logits x_j reaches only the later ones
            alignas(64) float all[REGISTERS * LANES];
            for (std::size_t v = 0; v < REGISTERS; ++v) store(all + v * LANES, sum[v]);
            std::memcpy(g + (j + 1 - first), all + (j + 1 - first), (end - j - 1) * sizeof(float));
        }
    }
}

// dW for the parts begin ... end - 1.
inline void fvsbn_back(float* gW, Shape shape, const float* delta, const RowsWithOne& with_one, std::size_t begin,
                       std::size_t end) {
    constexpr std::size_t REGISTERS = FVSBN_STRIP / LANES < 8 ? FVSBN_STRIP / LANES : 8;
    FvsbnPlan plan(shape);
    each_member(fvsbn_strips(shape), begin, end, [&](std::size_t strip) {
        std::size_t i = strip * FVSBN_STRIP, last = i + FVSBN_STRIP < plan.width ? i + FVSBN_STRIP : plan.width;
        for (; i + REGISTERS * LANES <= last; i += REGISTERS * LANES)
            fvsbn_outer<REGISTERS>(gW, plan, delta, with_one, shape.n, i);
        for (; i < last; i += LANES) fvsbn_outer<1>(gW, plan, delta, with_one, shape.n, i);
    });
}

void fvsbn_backward(float* grad, const View& model, const float* delta, float* state, const std::uint8_t*,
                    std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    std::size_t n = model.shape.n;
    FvsbnPlan plan(model.shape);
    auto lists = lay_out<OnesLists>(state, rows, n);
    auto with_one = lay_out<RowsWithOne>(scratch, n);
    with_one.fill(rows, [&](std::size_t r) { return lists.of(r); });
    fvsbn_back(grad + plan.W, model.shape, delta, with_one, begin, end);
    each_member(fvsbn_strips(model.shape), begin, end, [&](std::size_t strip) {
        std::size_t first = strip * FVSBN_STRIP, last = first + FVSBN_STRIP;
        add_up(grad + plan.b, delta, rows, plan.width, first, last < plan.width ? last : plan.width);
    });
}

void fvsbn_begin(float* states, const View& model, std::size_t rows, bool) {
    for (std::size_t r = 0; r < rows; ++r) FvsbnDrawn::of(states, r, model.shape.n).ones.clear();
}

void fvsbn_draw(std::uint8_t* X, float* logits, float* states, const View& model, const Words& words, Known& known,
                std::size_t block, std::size_t rows) {
    std::size_t n = model.shape.n, first = BLOCK * block, begin = first / FVSBN_CHUNK * FVSBN_CHUNK;
    FvsbnPlan plan(model.shape);
    std::size_t end = fvsbn_chunk_end(plan, begin), apart = floats_of<FvsbnDrawn>(n);
    auto chunk = [&, its = FvsbnDrawn::of(states, 0, n).chunk](std::size_t r) { return its + r * apart; };
    if (first == begin) {
        OnesLists lists(FvsbnDrawn::of(states, 0, n).ones.list, apart);
        fvsbn_chunk(model.params, plan, lists, rows, begin, end, chunk);
    }
    alignas(64) float column[MAX_TILE] = {};
    for (std::size_t i = first; i < first + BLOCK && i < n; ++i) {
        for (std::size_t r = 0; r < rows; ++r) column[r] = chunk(r)[i - begin];
        RowSet ones = draw(column, words, known, i - first, rows);
        for (std::size_t r = 0; r < rows; ++r) X[r * n + i] = ones >> r & 1;
        // A one moves the rest of its own chunk at once; later chunks find it in the list.
        each_row(ones, [&, row = model.params + plan.W + i * plan.stride](std::size_t r) {
            FvsbnDrawn::of(states, r, n).ones.add(i);
            float* out = chunk(r);
            for (std::size_t l = i / LANES * LANES; l < end; l += LANES)
                store(out + (l - begin), load(out + (l - begin)) + load(row + l));
        });
    }
    for (std::size_t r = 0; r < rows; ++r)
        std::memcpy(logits + r * plan.width + first, chunk(r) + (first - begin), BLOCK * sizeof(float));
}

constexpr ModelKernels fvsbn_kernels = {fvsbn_needs,    fvsbn_stage_items, fvsbn_prepare, fvsbn_logits, fvsbn_parts,
                                        fvsbn_backward, nullptr,           fvsbn_begin,   fvsbn_draw,   nullptr};

}  // namespace
