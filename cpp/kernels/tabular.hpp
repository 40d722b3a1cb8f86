// Tabular: one log-odds per configuration of the earlier features, a binary heap.
#pragma once

#include "kernels/bernoulli.hpp"
#include "kernels/scratch.hpp"

namespace {

// Of a row while it is drawn.
struct TabularDrawn {
    std::uint32_t* node;
    explicit TabularDrawn(Scratch& memory) : node(memory.take<std::uint32_t>(1)) {}
    static TabularDrawn of(float* states, std::size_t r) {
        return lay_out<TabularDrawn>(states + r * floats_of<TabularDrawn>());
    }
};

Needs tabular_needs(Shape) { return {0, 0, floats_of<TabularDrawn>(), 0, 0}; }
std::size_t tabular_stage_items(Shape, std::size_t) { return 0; }
void tabular_prepare(float*, const float*, Shape, std::size_t, std::size_t, std::size_t) {}

// The children of node v are 2 v + 1 (x = 0) and 2 v + 2 (x = 1).
void tabular_logits(float* logits, float*, const View& model, const std::uint8_t* X, std::size_t rows, float*) {
    std::size_t n = model.shape.n, stride = pad(n, LINE);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0, node = 0; i < n; ++i) {
            logits[r * stride + i] = model.params[node];
            node = 2 * node + 1 + X[r * n + i];
        }
}

// The whole table is one part: rows meet in its upper nodes.
std::size_t tabular_parts(Shape) { return 1; }

// Residuals of some rows, and which of these have a one at each feature.
struct TabularTile {
    const float* delta;
    std::size_t n;
    RowSet ones[32] = {};
};

// Node v of feature i, and those below it: each gets the sum over the rows that pass it.
void tabular_back(float* grad, const TabularTile& tile, RowSet rows, std::size_t i, std::size_t v) {
    for (;; ++i) {
        float sum = 0.0f;
        each_row(rows, [&](std::size_t r) { sum += tile.delta[r * pad(tile.n, LINE) + i]; });
        grad[v] += sum;
        if (i + 1 == tile.n) return;
        RowSet ones = rows & tile.ones[i], zeros = rows & ~ones;
        if (ones && zeros) tabular_back(grad, tile, ones, i + 1, 2 * v + 2);
        v = 2 * v + (zeros ? 1 : 2);
        rows = zeros ? zeros : ones;
    }
}

void tabular_backward(float* grad, const View& model, const float* delta, float*, const std::uint8_t* X,
                      std::size_t rows, std::size_t, std::size_t, float*) {
    std::size_t n = model.shape.n;
    for (std::size_t first = 0; first < rows; first += MAX_TILE) {
        std::size_t count = rows - first < MAX_TILE ? rows - first : MAX_TILE;
        TabularTile tile{delta + first * pad(n, LINE), n};
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t i = 0; i < n; ++i) tile.ones[i] |= RowSet{X[(first + r) * n + i]} << r;
        tabular_back(grad, tile, first_rows(count), 0, 0);
    }
}

void tabular_begin(float* states, const View&, std::size_t rows, bool) {
    for (std::size_t r = 0; r < rows; ++r) *TabularDrawn::of(states, r).node = 0;
}

void tabular_draw(std::uint8_t* X, float* logits, float* states, const View& model, const Words& words, Known& known,
                  std::size_t block, std::size_t rows) {
    std::size_t n = model.shape.n, stride = pad(n, LINE), first = BLOCK * block;
    alignas(64) float column[MAX_TILE] = {};
    for (std::size_t q = 0; q < BLOCK && first + q < n; ++q) {
        for (std::size_t r = 0; r < rows; ++r)
            column[r] = logits[r * stride + first + q] = model.params[*TabularDrawn::of(states, r).node];
        RowSet ones = draw(column, words, known, q, rows);
        for (std::size_t r = 0; r < rows; ++r) {
            std::uint32_t& node = *TabularDrawn::of(states, r).node;
            X[r * n + first + q] = ones >> r & 1;
            node = 2 * node + 1 + (ones >> r & 1);
        }
    }
}

constexpr ModelKernels tabular_kernels = {
    tabular_needs, tabular_stage_items, tabular_prepare, tabular_logits, tabular_parts, tabular_backward,
    nullptr,       tabular_begin,       tabular_draw,    nullptr};

}  // namespace
