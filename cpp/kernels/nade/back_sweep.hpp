// NADE, on the way back: rows with a one at a feature go back over it.
#pragma once

#include "kernels/nade/back_product.hpp"
#include "kernels/nade/state.hpp"

namespace {

// Rows with a one at the feature, back over it: g += u h (1 - h), dW_i += g; then, with the h before the one,
// dV_i += delta_i h, and u begins anew.
template <typename State>
void nade_unmove(NadeGrad& grad, NadeRows& rows, const float* V, const float* step, RowSet ones, const NadeDelta& delta,
                 std::size_t q) {
    constexpr std::size_t PAIRS = NADE_AT_ONCE / 2;  // of registers that share a division
    for (std::size_t first = 0; first < LINE; first += PAIRS * LANES) {
        vf gv[PAIRS][2], gw[PAIRS][2];
        for (std::size_t l = 0; l < PAIRS; ++l)
            for (std::size_t j = 0; j < 2; ++j) {
                gv[l][j] = load(grad.V + first + l * LANES + j * LINE);
                gw[l][j] = load(grad.W + first + l * LANES + j * LINE);
            }
        each_row(ones, [&](std::size_t r) {
            std::size_t place = opaque(nade_place(r));
            NadeRow row = rows.at(place);
            vf d = splat(delta.at(place)[q]);
#pragma GCC unroll 2
            for (std::size_t l = 0; l < PAIRS; ++l) {
                std::size_t k = first + l * LANES;
                vf s[2], h[2];
                for (std::size_t j = 0; j < 2; ++j) {
                    std::size_t at = k + j * LINE;
                    vf g = fma(load(row.u + at), State::Activation::slope(load(row.h + at)), load(row.g + at));
                    gw[l][j] += g;
                    store(row.g + at, g);
                    s[j] = State::back(load(row.s + at), load(step + at));
                    store(row.s + at, s[j]);
                    store(row.u + at, d * load(V + at));
                }
                State::hidden(h[0], h[1], s[0], s[1]);
                for (std::size_t j = 0; j < 2; ++j) {
                    gv[l][j] = fma(d, h[j], gv[l][j]);
                    store(row.h + k + j * LINE, h[j]);
                }
            }
        });
        for (std::size_t l = 0; l < PAIRS; ++l)
            for (std::size_t j = 0; j < 2; ++j) {
                store(grad.V + first + l * LANES + j * LINE, gv[l][j]);
                store(grad.W + first + l * LANES + j * LINE, gw[l][j]);
            }
    }
}

}  // namespace
