#include "engine/driver.hpp"

#include <algorithm>

#include "engine/memory.hpp"
#include "engine/parallel.hpp"
#include "engine/work.hpp"

namespace ardens {
namespace {

// Memory of each thread while it works on tiles of rows.
struct TileMemory {
    std::size_t logits, state, scratch, bytes;  // in floats
    TileMemory(const Description& model, Needs needs, std::size_t n_bytes)
        : logits(MAX_TILE * pad(model.shape.n, LINE)),
          state(pad(MAX_TILE * needs.state, LINE)),
          scratch(pad(needs.scratch, LINE)),
          bytes(pad(n_bytes, 64) / sizeof(float)) {}
    std::size_t per_thread() const { return logits + state + scratch + bytes; }
};

// Consecutive rows, and what the thread that works on them has to itself.
struct Tile {
    std::size_t first, count;
    float *logits, *state, *scratch;
    std::uint8_t* bytes;
};

// work(tile) for all rows; every thread has `n_bytes` bytes besides the kernel's memory.
template <typename Work>
void each_tile(const Description& model, std::size_t rows, std::size_t n_bytes, int threads, Poll poll, Work&& work) {
    if (rows == 0) return;
    TileMemory memory(model, model_kernels(model).needs(model.shape), n_bytes);
    threads = useful_threads(threads, rows * model.size);
    Workspace space(memory.per_thread() * threads);
    float* floats = space.take(memory.per_thread() * threads);
    std::size_t size = tile_rows(model, rows, threads);
    Interrupt interrupt(poll);
    parallel_for((rows + size - 1) / size, threads, [&](std::size_t item, int thread) {
        if (interrupt.asked(thread)) return;
        std::size_t begin = item * size;
        float* logits = floats + thread * memory.per_thread();
        float *state = logits + memory.logits, *scratch = state + memory.state;
        work(Tile{begin, std::min(size, rows - begin), logits, state, scratch,
                  reinterpret_cast<std::uint8_t*>(scratch + memory.scratch)});
    });
    interrupt.raise();
}

// finish(first row, rows, logits) after the logits of each tile.
template <typename Finish>
void each_logits(const Description& model, const View& view, Rows rows, int threads, Poll poll, Finish&& finish) {
    const ModelKernels& k = model_kernels(model);
    each_tile(model, rows.count, 0, threads, poll, [&](const Tile& tile) {
        k.logits(tile.logits, tile.state, view, rows.X + tile.first * model.shape.n, tile.count, tile.scratch);
        finish(tile.first, tile.count, tile.logits);
    });
}

}  // namespace

std::size_t n_tables(const Description& model) { return model_kernels(model).needs(model.shape).tables; }

void prepare(float* out, const Description& model, const float* params, int threads) {
    const ModelKernels& k = model_kernels(model);
    threads = useful_threads(threads, model.size);
    for (std::size_t stage = 0; stage < MAX_STAGES; ++stage) {
        std::size_t items = k.stage_items(model.shape, stage);
        std::size_t shares = std::min<std::size_t>(items, threads);
        parallel_for(shares, threads, [&](std::size_t share, int) {
            k.prepare(out, params, model.shape, stage, items * share / shares, items * (share + 1) / shares);
        });
    }
}

void log_prob(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll) {
    std::size_t n = model.shape.n;
    each_logits(model, view, rows, threads, poll,
                [&, finish = kernels().bernoulli.log_prob](std::size_t first, std::size_t count, const float* logits) {
                    finish(out + first, logits, rows.X + first * n, count, n);
                });
}

void log_prob_terms(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll) {
    std::size_t n = model.shape.n;
    each_logits(model, view, rows, threads, poll,
                [&, finish = kernels().bernoulli.terms](std::size_t first, std::size_t count, const float* logits) {
                    finish(out + first * n, logits, rows.X + first * n, count, n);
                });
}

void conditionals(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll) {
    std::size_t n = model.shape.n;
    each_logits(
        model, view, rows, threads, poll,
        [&, finish = kernels().bernoulli.conditionals](std::size_t first, std::size_t count, const float* logits) {
            finish(out + first * n, logits, count, n);
        });
}

void sample(const Draws& out, const Description& model, const View& view, Stream stream, int threads, Poll poll) {
    const ModelKernels& k = model_kernels(model);
    auto log_prob_of = kernels().bernoulli.log_prob;
    std::size_t n = model.shape.n, width = out.packed ? packed_width(n) : n;
    // Rows that are rearranged are drawn beside the output: a tile of them, and one whose columns are moved.
    bool beside = out.packed || out.columns;
    std::size_t n_bytes = beside ? (MAX_TILE + 1) * n : 0;
    each_tile(model, out.count, n_bytes, threads, poll, [&](const Tile& tile) {
        std::uint8_t *to = out.X + tile.first * width, *X = beside ? tile.bytes : to;
        k.sample(X, tile.logits, view, {stream.seed, stream.start + tile.first}, tile.count, tile.scratch);
        if (out.log_prob) log_prob_of(out.log_prob + tile.first, tile.logits, X, tile.count, n);
        if (!beside) return;
        for (std::size_t r = 0; r < tile.count; ++r) {
            std::uint8_t *row = X + r * n, *moved = out.packed ? X + MAX_TILE * n : to + r * width;
            if (out.columns) {
                for (std::size_t i = 0; i < n; ++i) moved[i] = row[out.columns[i]];
                row = moved;
            }
            if (out.packed) pack_row(to + r * width, row, n);
        }
    });
}

}  // namespace ardens
