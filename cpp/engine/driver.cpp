#include "engine/driver.hpp"

#include <algorithm>

#include "engine/memory.hpp"
#include "engine/parallel.hpp"
#include "engine/work.hpp"
#include "kernels/scratch.hpp"

namespace ardens {
namespace {

// What a thread that works on tiles of rows has to itself.
struct TileMemory {
    float *logits, *state, *scratch;
    std::uint8_t* bytes;
    TileMemory(Scratch& memory, std::size_t n, Needs needs, std::size_t n_bytes)
        : logits(memory.take<float>(MAX_TILE * pad(n, LINE))),
          state(memory.take<float>(MAX_TILE * needs.state)),
          scratch(memory.take<float>(needs.scratch)),
          bytes(memory.take<std::uint8_t>(n_bytes)) {}
};

// work(first row, rows, memory) for all rows; every thread has `n_bytes` bytes besides the kernel's memory.
template <typename Work>
void each_tile(const Description& model, std::size_t rows, std::size_t n_bytes, int threads, Poll poll, Work&& work) {
    if (rows == 0) return;
    threads = useful_threads(threads, rows * model.size);
    std::size_t n = model.shape.n, size = tile_rows(model, rows, threads);
    Needs needs = model_kernels(model).needs(model.shape);
    std::size_t per_thread = floats_of<TileMemory>(n, needs, n_bytes);
    Workspace space(per_thread * threads);
    Interrupt interrupt(poll);
    parallel_for((rows + size - 1) / size, threads, [&](std::size_t tile, int thread) {
        if (interrupt.asked(thread)) return;
        auto memory = lay_out<TileMemory>(space.get() + thread * per_thread, n, needs, n_bytes);
        work(tile * size, std::min(size, rows - tile * size), memory);
    });
    interrupt.raise();
}

// finish(first row, rows, logits) after the logits of each tile.
template <typename Finish>
void each_logits(const Description& model, const View& view, Rows rows, int threads, Poll poll, Finish&& finish) {
    const ModelKernels& k = model_kernels(model);
    each_tile(model, rows.count, 0, threads, poll, [&](std::size_t first, std::size_t count, const TileMemory& its) {
        k.logits(its.logits, its.state, view, rows.X + first * model.shape.n, count, its.scratch);
        finish(first, count, its.logits);
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
    each_tile(model, out.count, n_bytes, threads, poll,
              [&](std::size_t first, std::size_t count, const TileMemory& its) {
                  std::uint8_t *to = out.X + first * width, *X = beside ? its.bytes : to;
                  k.sample(X, its.logits, view, {stream.seed, stream.start + first}, count, its.scratch);
                  if (out.log_prob) log_prob_of(out.log_prob + first, its.logits, X, count, n);
                  if (!beside) return;
                  for (std::size_t r = 0; r < count; ++r) {
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
