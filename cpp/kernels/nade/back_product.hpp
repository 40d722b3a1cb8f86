// NADE, on the way back: rows at rest in a block, or at a feature, are a matrix product.
#pragma once

#include "kernels/nade/layout.hpp"

namespace {

// Registers of units that a walk through a set of rows takes at once.
constexpr std::size_t NADE_AT_ONCE = PART / LANES < 4 ? PART / LANES : 4;

// Rows whose h does not change in the block: dV_i += delta_i h, u += delta_i V_i.
inline void nade_still(NadeGrad* grad, NadeRows& rows, const NadeMatrix<const float>& V, std::size_t p, std::size_t i,
                       const NadePlaces& still, const NadeDelta& delta) {
    constexpr std::size_t WIDE = 2;                            // registers of units at once
    constexpr std::size_t HELD = LANES == 16 ? 2 * BLOCK : 1;  // of V: as many as dV leaves room for
    const std::uint16_t *begin = still.place, *end = begin + still.count;
    if (begin == end) return;
#pragma GCC unroll 4
    for (std::size_t k = 0; k < PART; k += WIDE * LANES) {
        const float* v[BLOCK];
        vf held[HELD], gv[BLOCK][WIDE];
        for (std::size_t q = 0; q < BLOCK; ++q) {
            v[q] = V.at(p, i + q) + k;
            for (std::size_t j = 0; j < WIDE; ++j) gv[q][j] = load(grad[i + q].V + k + j * LANES);
        }
        for (std::size_t l = 0; l < HELD; ++l) held[l] = load(v[l / WIDE] + l % WIDE * LANES);
        const std::uint16_t* next = begin;
        do {
            std::size_t place = *next++;
            NadeRow row = rows.at(place);
            const float* d = delta.at(place);
            vf h[WIDE], u[WIDE];
            for (std::size_t j = 0; j < WIDE; ++j) {
                h[j] = load(row.h + k + j * LANES);
                u[j] = load(row.u + k + j * LANES);
            }
            for (std::size_t q = 0; q < BLOCK; ++q) {
                vf dq = splat(d[q]);
                for (std::size_t j = 0; j < WIDE; ++j) {
                    std::size_t l = q * WIDE + j;
                    gv[q][j] = fma(dq, h[j], gv[q][j]);
                    u[j] = fma(dq, l < HELD ? held[l] : load(v[q] + j * LANES), u[j]);
                }
            }
            for (std::size_t j = 0; j < WIDE; ++j) store(row.u + k + j * LANES, u[j]);
        } while (next != end);
        for (std::size_t q = 0; q < BLOCK; ++q)
            for (std::size_t j = 0; j < WIDE; ++j) store(grad[i + q].V + k + j * LANES, gv[q][j]);
    }
}

// The same for one feature, for rows with ones elsewhere in its block.
inline void nade_still(NadeGrad& grad, NadeRows& rows, const float* V, RowSet still, const NadeDelta& delta,
                       std::size_t q) {
    for (std::size_t first = 0; first < PART; first += NADE_AT_ONCE * LANES) {
        vf v[NADE_AT_ONCE], gv[NADE_AT_ONCE];
        for (std::size_t j = 0; j < NADE_AT_ONCE; ++j) {
            v[j] = load(V + first + j * LANES);
            gv[j] = load(grad.V + first + j * LANES);
        }
        each_row(still, [&](std::size_t r) {
            std::size_t place = opaque(nade_place(r));
            NadeRow row = rows.at(place);
            vf d = splat(delta.at(place)[q]);
            for (std::size_t j = 0; j < NADE_AT_ONCE; ++j) {
                std::size_t k = first + j * LANES;
                gv[j] = fma(d, load(row.h + k), gv[j]);
                store(row.u + k, fma(d, v[j], load(row.u + k)));
            }
        });
        for (std::size_t j = 0; j < NADE_AT_ONCE; ++j) store(grad.V + first + j * LANES, gv[j]);
    }
}

}  // namespace
