#include "driver.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "isa.hpp"
#include "parallel.hpp"

namespace ardens {
namespace {

// Floats on a cache line boundary, not initialised.
class Floats {
  public:
    explicit Floats(std::size_t count)
        : data_(static_cast<float*>(::operator new(std::max<std::size_t>(count, 1) * sizeof(float), ALIGN))) {}
    float* get() const { return data_.get(); }

  private:
    static constexpr std::align_val_t ALIGN{64};
    struct Free {
        void operator()(float* p) const { ::operator delete(p, ALIGN); }
    };
    std::unique_ptr<float, Free> data_;
};

const ModelKernels& model_kernels(const Description& model) { return kernels().*model.kernels; }

// Threads that are worth waking for so many multiply-adds: some 10 microseconds of work for each.
int useful_threads(int threads, std::size_t multiply_adds) {
    constexpr std::size_t EACH = 200000;
    return static_cast<int>(std::clamp<std::size_t>(multiply_adds / EACH, 1, static_cast<std::size_t>(threads)));
}

// Rows in one tile: few enough to give every thread one, at most MAX_TILE. Results do not depend on it.
std::size_t tile_rows(std::size_t rows, int threads) {
    return std::clamp<std::size_t>((rows + threads - 1) / threads, 1, MAX_TILE);
}

// Rows between two polls: about 10^8 multiply-adds a thread.
std::size_t rows_between_polls(const Description& model, int threads) {
    std::size_t tiles = std::max<std::size_t>(1, 100000000 / (MAX_TILE * (model.size + 1)));
    return tiles * MAX_TILE * static_cast<std::size_t>(threads);
}

// Memory of each thread while it works on tiles of rows.
struct TileMemory {
    std::size_t logits, state, scratch;
    explicit TileMemory(const Description& model, Needs needs)
        : logits(MAX_TILE * pad(model.shape.n, 16)),
          state(pad(MAX_TILE * needs.state, 16)),
          scratch(pad(needs.scratch, 16)) {}
    std::size_t per_thread() const { return logits + state + scratch; }
};

// finish(first row, rows, logits) after the logits of each tile.
template <typename Tile>
void each_tile(const Description& model, std::size_t rows, int threads, Poll poll, Tile&& tile) {
    if (rows == 0) return;
    TileMemory memory(model, model_kernels(model).needs(model.shape));
    threads = useful_threads(threads, rows * model.size);
    Floats floats(memory.per_thread() * threads);
    std::size_t step = rows_between_polls(model, threads), size = tile_rows(rows, threads);
    for (std::size_t first = 0; first < rows; first += step) {
        std::size_t count = std::min(step, rows - first);
        parallel_for((count + size - 1) / size, threads, [&](std::size_t item, int thread) {
            std::size_t begin = first + item * size;
            float* logits = floats.get() + thread * memory.per_thread();
            tile(begin, std::min(size, first + count - begin), logits, logits + memory.logits,
                 logits + memory.logits + memory.state);
        });
        poll();
    }
}

template <typename Finish>
void each_logits(const Description& model, const View& view, Rows rows, int threads, Poll poll, Finish&& finish) {
    const ModelKernels& k = model_kernels(model);
    each_tile(model, rows.count, threads, poll,
              [&](std::size_t first, std::size_t count, float* logits, float* state, float* scratch) {
                  k.logits(logits, state, view, rows.X + first * model.shape.n, count, scratch);
                  finish(first, count, logits);
              });
}

}  // namespace

std::size_t n_tables(const Description& model) { return model_kernels(model).needs(model.shape).tables; }

void prepare(float* out, const Description& model, const float* params, int threads) {
    const ModelKernels& k = model_kernels(model);
    threads = useful_threads(threads, model.size);
    for (std::size_t stage = 0; stage < MAX_STAGES; ++stage) {
        std::size_t items = k.stage_items(model.shape, stage);
        std::size_t parts = std::min<std::size_t>(items, threads);
        parallel_for(parts, threads, [&](std::size_t part, int) {
            k.prepare(out, params, model.shape, stage, items * part / parts, items * (part + 1) / parts);
        });
    }
}

void log_prob(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll) {
    std::size_t n = model.shape.n;
    each_logits(model, view, rows, threads, poll, [&](std::size_t first, std::size_t count, const float* logits) {
        kernels().bernoulli.log_prob(out + first, logits, rows.X + first * n, count, n);
    });
}

void log_prob_terms(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll) {
    std::size_t n = model.shape.n;
    each_logits(model, view, rows, threads, poll, [&](std::size_t first, std::size_t count, const float* logits) {
        kernels().bernoulli.terms(out + first * n, logits, rows.X + first * n, count, n);
    });
}

void conditionals(double* out, const Description& model, const View& view, Rows rows, int threads, Poll poll) {
    std::size_t n = model.shape.n;
    each_logits(model, view, rows, threads, poll, [&](std::size_t first, std::size_t count, const float* logits) {
        kernels().bernoulli.conditionals(out + first * n, logits, count, n);
    });
}

double value_and_grad(float* grad, const Description& model, const float* params, Rows rows, int threads, Poll poll) {
    const ModelKernels& k = model_kernels(model);
    const Kernels& all = kernels();
    std::size_t n = model.shape.n, stride = pad(n, 16), batch = std::min(rows.count, MAX_BATCH);
    Needs needs = k.needs(model.shape);
    std::size_t scratch = pad(needs.scratch, 16), units = k.units(model.shape);
    Floats delta(batch * stride), state(batch * needs.state), logits(batch * stride), scratches(scratch * threads);
    std::vector<double> nats(batch);
    Floats tables(needs.tables);
    prepare(tables.get(), model, params, threads);
    threads = useful_threads(threads, batch * model.size);
    View view{model.shape, params, tables.get()};
    std::memset(grad, 0, model.size * sizeof(float));
    double total = 0.0;
    float scale = 1.0f / static_cast<float>(rows.count);
    for (std::size_t first = 0; first < rows.count; first += batch) {
        std::size_t count = std::min(batch, rows.count - first), size = tile_rows(count, threads);
        const std::uint8_t* X = rows.X + first * n;
        parallel_for((count + size - 1) / size, threads, [&](std::size_t item, int thread) {
            std::size_t r = item * size, m = std::min(size, count - r);
            k.logits(logits.get() + r * stride, state.get() + r * needs.state, view, X + r * n, m,
                     scratches.get() + thread * scratch);
            all.bernoulli.delta(delta.get() + r * stride, nats.data() + r, logits.get() + r * stride, X + r * n, scale,
                                m, n);
        });
        std::size_t parts = std::min<std::size_t>(units, threads);
        parallel_for(parts, threads, [&](std::size_t part, int thread) {
            k.backward(grad, view, delta.get(), state.get(), X, count, units * part / parts, units * (part + 1) / parts,
                       scratches.get() + thread * scratch);
        });
        for (std::size_t r = 0; r < count; ++r) total += nats[r];
        poll();
    }
    return total / static_cast<double>(rows.count);
}

void sample(std::uint8_t* X, double* log_prob, const Description& model, const View& view, Stream stream,
            std::size_t rows, int threads, Poll poll) {
    const ModelKernels& k = model_kernels(model);
    std::size_t n = model.shape.n;
    each_tile(model, rows, threads, poll,
              [&](std::size_t first, std::size_t count, float* logits, float*, float* scratch) {
                  Stream tile{stream.seed, stream.start + first};
                  k.sample(X + first * n, logits, view, tile, count, scratch);
                  if (log_prob) kernels().bernoulli.log_prob(log_prob + first, logits, X + first * n, count, n);
              });
}

const std::uint8_t* first_above_one(const std::uint8_t* begin, const std::uint8_t* end) {
    // Whole pieces are or-ed together first: a loop without an exit is compiled to wide registers.
    constexpr std::ptrdiff_t PIECE = 4096;
    for (; begin < end; begin += std::min(PIECE, end - begin)) {
        const std::uint8_t* stop = begin + std::min(PIECE, end - begin);
        std::uint8_t seen = 0;
        for (const std::uint8_t* p = begin; p < stop; ++p) seen |= *p;
        if (seen > 1) return std::find_if(begin, stop, [](std::uint8_t x) { return x > 1; });
    }
    return end;
}

void each_piece(std::size_t size, int threads, const std::function<void(std::size_t, std::size_t)>& step) {
    constexpr std::size_t PIECE = 32768;
    std::size_t pieces = (size + PIECE - 1) / PIECE, parts = std::min<std::size_t>(pieces, threads);
    parallel_for(parts, threads, [&](std::size_t part, int) {
        std::size_t begin = pieces * part / parts * PIECE, end = std::min(size, pieces * (part + 1) / parts * PIECE);
        step(begin, end - begin);
    });
}

}  // namespace ardens
