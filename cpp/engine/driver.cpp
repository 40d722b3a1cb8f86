#include "engine/driver.hpp"

#include <algorithm>
#include <bit>

#include "engine/drawing.hpp"
#include "engine/memory.hpp"
#include "engine/parallel.hpp"
#include "engine/work.hpp"
#include "kernels/scratch.hpp"

namespace ardens {
namespace {

// What a thread has to itself that scores tiles of rows.
struct ScoredTile {
    float *logits, *state, *scratch;
    ScoredTile(Scratch& memory, std::size_t n, Needs needs)
        : logits(memory.take<float>(MAX_TILE * pad(n, LINE))),
          state(memory.take<float>(MAX_TILE * needs.state)),
          scratch(memory.take<float>(needs.scratch)) {}
};

// What one has that draws them. Rows that are rearranged are drawn beside the output: a tile of them, and one whose
// columns are moved.
struct SampledTile {
    DrawnTile drawn;
    std::uint8_t *beside, *moved;
    SampledTile(Scratch& memory, std::size_t n, Needs needs)
        : drawn(memory, n, needs),
          beside(memory.take<std::uint8_t>(MAX_TILE * n)),
          moved(memory.take<std::uint8_t>(n)) {}
};

// work(first row, rows, memory of the thread) for all rows.
template <typename Memory, typename Work>
void each_tile(const Description& model, std::size_t rows, int threads, Poll poll, Work&& work) {
    if (rows == 0) return;
    threads = useful_threads(threads, rows * model.size);
    std::size_t n = model.shape.n, size = tile_rows(model, rows, threads);
    Needs needs = model_kernels(model).needs(model.shape);
    std::size_t per_thread = floats_of<Memory>(n, needs);
    Workspace space(per_thread * threads);
    Interrupt interrupt(poll);
    parallel_for((rows + size - 1) / size, threads, [&](std::size_t tile, int thread) {
        if (interrupt.asked(thread)) return;
        auto memory = lay_out<Memory>(space.get() + thread * per_thread, n, needs);
        work(tile * size, std::min(size, rows - tile * size), memory);
    });
    interrupt.raise();
}

// finish(first row, rows, logits) after the logits of each tile.
template <typename Finish>
void each_logits(const Description& model, const View& view, Rows rows, int threads, Poll poll, Finish&& finish) {
    const ModelKernels& k = model_kernels(model);
    each_tile<ScoredTile>(model, rows.count, threads, poll,
                          [&](std::size_t first, std::size_t count, const ScoredTile& its) {
                              const std::uint8_t* X = rows.X + first * model.shape.n;
                              k.logits(its.logits, its.state, view, X, count, its.scratch);
                              if (model.codes) force(its.logits, *model.codes, X, count);
                              finish(first, count, its.logits);
                          });
}

}  // namespace

std::size_t n_tables(const Description& model) { return model_kernels(model).needs(model.shape).tables; }
std::size_t n_drawn(const Description& model) { return kept_floats(model_kernels(model).needs(model.shape)); }

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

namespace {

// Draws rows of which nothing is known, whose numbers are in the tile.
void draw_rows(std::uint8_t* X, const Description& model, const View& view, std::uint64_t seed, const DrawnTile& tile,
               std::size_t rows, bool careful) {
    Drawing drawing(model, view, seed, tile);
    drawing.begin(rows, careful);
    for (std::size_t block = 0; block < n_blocks(model.shape); ++block) {
        Known nothing{};
        drawing.draw(X, nothing, block, rows);
    }
    if (careful) return;
    for (RowSet lost = drawing.lost(rows); lost; lost &= lost - 1) {
        std::size_t r = std::countr_zero(lost), n = model.shape.n;
        DrawnTile alone = tile;
        alone.logits += r * pad(n, LINE);
        alone.numbers += r;
        draw_rows(X + r * n, model, view, seed, alone, 1, true);
    }
}

}  // namespace

void sample(const Draws& out, const Description& model, const View& view, int threads, Poll poll) {
    std::size_t n = model.shape.n, width = out.packed ? packed_width(n) : n;
    bool beside = out.packed || out.columns;
    each_tile<SampledTile>(model, out.count, threads, poll,
                           [&](std::size_t first, std::size_t count, const SampledTile& its) {
                               std::uint8_t *to = out.X + first * width, *X = beside ? its.beside : to;
                               for (std::size_t r = 0; r < count; ++r) its.drawn.numbers[r] = out.start + first + r;
                               draw_rows(X, model, view, out.seed, its.drawn, count, false);
                               if (out.log_prob)
                                   Drawing(model, view, out.seed, its.drawn).log_prob(out.log_prob + first, X, count);
                               if (!beside) return;
                               for (std::size_t r = 0; r < count; ++r) {
                                   std::uint8_t *row = X + r * n, *moved = out.packed ? its.moved : to + r * width;
                                   if (out.columns) {
                                       for (std::size_t i = 0; i < n; ++i) moved[i] = row[out.columns[i]];
                                       row = moved;
                                   }
                                   if (out.packed) pack_row(to + r * width, row, n);
                               }
                           });
}

}  // namespace ardens
