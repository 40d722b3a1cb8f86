// NADE, fast. plain.hpp is what is computed here, layout.hpp shows where it lies.
//
// h changes only after a one, and features are taken four at a time. For a row with no one among the
// four, h is fixed: four dot products, and all such rows of a tile together are a small matrix
// product. A row with ones gets one sweep over its units that is unrolled for its pattern of the four
// bits. Before a row's first one, its logits are the model's own and are taken from a table.
#pragma once

#include "kernels/nade/backward.hpp"
#include "kernels/nade/direct.hpp"
#include "kernels/nade/draw.hpp"
#include "kernels/nade/forward.hpp"
#include "kernels/nade/tables.hpp"

namespace {

Needs nade_needs(Shape s) {
    std::size_t back = floats_of<NadeBackMemory>(s), direct = s.direct ? floats_of<RowsWithOne>(s.n) : 0;
    return {floats_of<NadeTablesOf<float>>(s), floats_of<NadeEnd>(s), floats_of<NadeDrawn>(s),
            floats_of<NadeForwardMemory>(s), back > direct ? back : direct};
}

void nade_logits(float* logits, float* states, const View& model, const std::uint8_t* X, std::size_t rows,
                 float* scratch) {
    FlushToZero flush;
    with_state(model, [&]<typename State>(State) { nade_forward<State>(logits, states, model, X, rows, scratch); });
    if (model.shape.direct) nade_direct(logits, states, model, X, rows);
}

void nade_backward(float* grad, const View& model, const float* delta, float* states, const std::uint8_t* X,
                   std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    nade_back(grad, model, delta, states, X, rows, begin, end, scratch);
    std::size_t stride = pad(model.shape.n, LINE);
    if (begin == 0) add_up(grad + NadePlan(model.shape).b, delta, rows, stride, 0, stride);
    if (end == nade_parts(model.shape)) nade_back_padding(grad, model.shape);
    if (model.shape.direct) nade_back_direct(grad, model, delta, states, rows, begin, end, scratch);
}

void nade_begin(float* states, const View& model, std::size_t rows, bool careful) {
    FlushToZero flush;
    with_state(model, [&]<typename State>(State) {
        if (careful)
            nade_draw_begin<Additive<typename State::Activation>>(states, model, rows);
        else
            nade_draw_begin<State>(states, model, rows);
    });
}

// Calls f with the way in which the states of rows that are drawn are kept.
template <typename Call>
inline void with_drawn(const float* states, const View& model, Call f) {
    with_activation(model.shape, [&]<typename F>(F) {
        if constexpr (F::RATE != 0.0f) {
            if (!*nade_drawn(states, 0, model.shape).additive) return f(Forward<F>{});
        }
        f(Additive<F>{});
    });
}

void nade_draw(std::uint8_t* X, float* logits, float* states, const View& model, const Words& words, Known& known,
               std::size_t block, std::size_t rows) {
    FlushToZero flush;
    with_drawn(states, model, [&]<typename State>(State) {
        nade_draw_block<State>(X, logits, states, model, words, known, block, rows);
    });
}

RowSet nade_lost(const float* states, const View& model, std::size_t rows) {
    std::size_t K = NadePlan(model.shape).units, apart = floats_of<NadeDrawn>(model.shape);
    RowSet lost = 0;
    with_drawn(states, model, [&, s = nade_drawn(states, 0, model.shape).s]<typename State>(State) {
        for (std::size_t r = 0; r < rows; ++r) lost |= RowSet{State::left_range(s + r * apart, K)} << r;
    });
    return lost;
}

constexpr ModelKernels nade_kernels = {nade_needs,    nade_stage_items, nade_prepare, nade_logits, nade_parts,
                                       nade_backward, nullptr,          nade_begin,   nade_draw,   nade_lost};

}  // namespace
