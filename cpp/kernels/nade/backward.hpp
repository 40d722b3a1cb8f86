// NADE's gradient. With u = sum of delta_i V_i since the last change of h and g = dlog p / da:
// g <- g + u * h (1 - h) where h changes, dW_i = x_i g, dV_i = delta_i h, dc = g at the end.
// Hidden units do not meet in it, so a part of the units is one thread's work for all rows. Features are
// taken four at a time for rows at rest, and one by one for rows with ones among the four.
#pragma once

#include "kernels/nade/runs.hpp"
#include "kernels/nade/state.hpp"

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

// Fetch four rows of a part.
inline void nade_prefetch(const NadeMatrix<const float>& matrix, std::size_t p, std::size_t i) {
    for (std::size_t q = 0; q < BLOCK; ++q)
        for (std::size_t k = 0; k < PART; k += LINE) __builtin_prefetch(matrix.at(p, i + q) + k);
}

// A run of rows back through all features, seen by part p.
template <typename State>
void nade_back_part(float* gc, NadeGrad* grad, NadeRows& rows, const View& model, const NadeRun& run, float* states,
                    std::size_t p) {
    auto tables = nade_tables(model);
    NadeMatrix<const float> steps = State::back_steps(model);
    auto start = [](const NadeRow& row, std::size_t k, vf s, vf h) {
        store(row.s + k, s);
        store(row.h + k, h);
        store(row.u + k, vf{});
        store(row.g + k, vf{});
    };
    NadeRow pool = rows.row(POOL);
    for (std::size_t k = 0; k < PART; k += LANES) start(pool, k, vf{}, load(tables.h0 + p * PART + k));
    each_row(run.members, [&](std::size_t r) {
        NadeEnd last = nade_end(states, r, model.shape);
        NadeRow row = rows.row(r);
        for (std::size_t k = 0; k < PART; k += LANES)
            start(row, k, State::end_of_forward(load(last.s + p * PART + k)), load(last.h + p * PART + k));
    });
    for (std::size_t block = n_blocks(model.shape); block-- > 0;) {
        const NadeMoves& now = run.moves[block];
        std::size_t i = BLOCK * block;
        if (block > 0) {
            nade_prefetch(tables.V, p, i - BLOCK);
            nade_prefetch(steps, p, i - BLOCK);
            for (std::size_t k = 0; k < BLOCK * sizeof(NadeGrad) / sizeof(float); k += LINE)
                __builtin_prefetch(grad[i - BLOCK].V + k, 1);
        }
        nade_still(grad, rows, tables.V, p, i, run.still[block], run.delta[block]);
        if (!now.active) continue;
        for (std::size_t q = BLOCK; q-- > 0;) {
            const float *V = tables.V.at(p, i + q), *step = steps.at(p, i + q);
            nade_unmove<State>(grad[i + q], rows, V, step, now.ones[q], run.delta[block], q);
            nade_still(grad[i + q], rows, V, now.active & ~now.ones[q], run.delta[block], q);
        }
        each_row(now.active & now.fresh, [&](std::size_t r) {
            NadeRow row = rows.row(r);
            for (std::size_t k = 0; k < PART; k += LANES) {
                store(pool.u + k, load(pool.u + k) + load(row.u + k));
                store(pool.g + k, load(pool.g + k) + load(row.g + k));
            }
        });
    }
    for (std::size_t k = 0; k < PART; k += LANES) {
        vf g = fma(load(pool.u + k), State::Activation::slope(load(pool.h + k)), load(pool.g + k));
        store(gc + k, load(gc + k) + g);
    }
}

// grad += what a part has gathered.
inline void nade_gather(float* grad, const NadeGrad* part, Shape shape, std::size_t p) {
    NadePlan plan(shape);
    auto add = [&](float* to, const float* from) {
        for (std::size_t k = 0; k < PART; k += LANES) store(to + k, load(to + k) + load(from + k));
    };
    constexpr std::size_t AHEAD = 8;  // rows; few of them share a page
    for (std::size_t i = 0; i < shape.n; ++i) {
        std::size_t at = i * plan.stride + p * PART;
        if (i + AHEAD < shape.n)
            for (std::size_t k = 0; k < PART; k += LINE) {
                __builtin_prefetch(grad + plan.V + at + AHEAD * plan.stride + k, 1);
                __builtin_prefetch(grad + plan.W + at + AHEAD * plan.stride + k, 1);
            }
        add(grad + plan.V + at, part[i].V);
        add(grad + plan.W + at, part[i].W);
    }
}

void nade_back(float* grad, const View& model, const float* delta, float* states, const std::uint8_t* X,
               std::size_t rows, std::size_t begin, std::size_t end, float* scratch) {
    auto memory = lay_out<NadeBackMemory>(scratch, model.shape);
    NadeGrad* part = memory.grad;
    std::size_t n_runs = nade_runs(memory.runs, model, delta, states, X, rows);
    for (std::size_t p = begin; p < end; ++p) {
        std::memset(part, 0, BLOCK * n_blocks(model.shape) * sizeof(NadeGrad));
        for (std::size_t o = 0; o < n_runs; ++o) {
            const NadeRun& run = memory.runs[o];
            float* last = states + run.first * floats_of<NadeEnd>(model.shape);
            float* gc = grad + NadePlan(model.shape).c + p * PART;
            with_activation(model.shape, [&]<typename F>(F) {
                if constexpr (F::RATE != 0.0f)
                    if (!run.additive) return nade_back_part<Backward<F>>(gc, part, *memory.rows, model, run, last, p);
                nade_back_part<Additive<F>>(gc, part, *memory.rows, model, run, last, p);
            });
        }
        nade_gather(grad, part, model.shape, p);
    }
}

inline void nade_back_biases(float* grad, Shape shape, const float* delta, std::size_t rows) {
    NadePlan plan(shape);
    std::size_t stride = pad(shape.n, LINE);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < stride; i += LANES)
            store(grad + plan.b + i, load(grad + plan.b + i) + load(delta + r * stride + i));
}

// Units past d have h = f(0), which may be 1/2: their V must not move.
inline void nade_back_padding(float* grad, Shape shape) {
    NadePlan plan(shape);
    for (std::size_t i = 0; i < shape.n; ++i)
        for (std::size_t k = shape.d; k < plan.units; ++k) grad[plan.V + i * plan.stride + k] = 0.0f;
}

}  // namespace
