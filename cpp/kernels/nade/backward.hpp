// NADE's gradient. With u = sum of delta_i V_i since the last change of h and g = dlog p / da:
// g <- g + u * h (1 - h) where h changes, dW_i = x_i g, dV_i = delta_i h, dc = g at the end.
// Hidden units do not meet in it, so a part of the units is one thread's work for all rows. Features are
// taken four at a time for rows at rest, and one by one for rows with ones among the four.
#pragma once

#include "kernels/nade/back_product.hpp"
#include "kernels/nade/back_sweep.hpp"
#include "kernels/nade/runs.hpp"

namespace {

// What a part has of the rows of a run at their end. The pool is before any one.
template <typename State>
void nade_back_start(NadeRows& rows, const View& model, const NadeRun& run, const float* states, std::size_t p) {
    auto start = [](const NadeRow& row, std::size_t k, vf s, vf h) {
        store(row.s + k, s);
        store(row.h + k, h);
        store(row.u + k, vf{});
        store(row.g + k, vf{});
    };
    NadeRow pool = rows.row(POOL);
    const float* h0 = nade_tables(model).h0 + p * PART;
    for (std::size_t k = 0; k < PART; k += LANES) start(pool, k, vf{}, load(h0 + k));
    each_row(run.members, [&](std::size_t r) {
        NadeEnd last = nade_end(states, r, model.shape);
        NadeRow row = rows.row(r);
        for (std::size_t k = 0; k < PART; k += LANES)
            start(row, k, State::end_of_forward(load(last.s + p * PART + k)), load(last.h + p * PART + k));
    });
}

// Rows that have no one before here go on as the pool.
inline void nade_join_pool(NadeRows& rows, RowSet joining) {
    NadeRow pool = rows.row(POOL);
    each_row(joining, [&](std::size_t r) {
        NadeRow row = rows.row(r);
        for (std::size_t k = 0; k < PART; k += LANES) {
            store(pool.u + k, load(pool.u + k) + load(row.u + k));
            store(pool.g + k, load(pool.g + k) + load(row.g + k));
        }
    });
}

// Fetches four rows of a part.
inline void nade_prefetch(const NadeMatrix<const float>& matrix, std::size_t p, std::size_t i) {
    for (std::size_t q = 0; q < BLOCK; ++q)
        for (std::size_t k = 0; k < PART; k += LINE) __builtin_prefetch(matrix.at(p, i + q) + k);
}
inline void nade_prefetch(NadeGrad* grad) {
    for (std::size_t k = 0; k < BLOCK * sizeof(NadeGrad) / sizeof(float); k += LINE) __builtin_prefetch(grad->V + k, 1);
}

// A run of rows back through all features, seen by part p.
template <typename State>
void nade_back_part(float* gc, NadeGrad* grad, NadeRows& rows, const View& model, const NadeRun& run,
                    const float* states, std::size_t p) {
    auto tables = nade_tables(model);
    NadeMatrix<const float> steps = State::back_steps(model);
    nade_back_start<State>(rows, model, run, states, p);
    for (std::size_t block = n_blocks(model.shape); block-- > 0;) {
        const NadeMoves& now = run.moves[block];
        std::size_t i = BLOCK * block;
        if (block > 0) {
            nade_prefetch(tables.V, p, i - BLOCK);
            nade_prefetch(steps, p, i - BLOCK);
            nade_prefetch(grad + i - BLOCK);
        }
        nade_still(grad, rows, tables.V, p, i, run.still[block], run.delta[block]);
        if (!now.active) continue;
        for (std::size_t q = BLOCK; q-- > 0;) {
            const float *V = tables.V.at(p, i + q), *step = steps.at(p, i + q);
            nade_unmove<State>(grad[i + q], rows, V, step, now.ones[q], run.delta[block], q);
            nade_still(grad[i + q], rows, V, now.active & ~now.ones[q], run.delta[block], q);
        }
        nade_join_pool(rows, now.active & now.fresh);
    }
    NadeRow pool = rows.row(POOL);
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

// Units past d have h = f(0), which may be 1/2: their V must not move.
inline void nade_back_padding(float* grad, Shape shape) {
    NadePlan plan(shape);
    for (std::size_t i = 0; i < shape.n; ++i)
        for (std::size_t k = shape.d; k < plan.units; ++k) grad[plan.V + i * plan.stride + k] = 0.0f;
}

}  // namespace
