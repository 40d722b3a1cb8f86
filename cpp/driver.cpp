#include "driver.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "interrupt.hpp"
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

// Memory for one call, taken piece by piece. A calling thread keeps it for its next call, up to a
// limit: fresh pages cost as much as a batch of a small model.
class Workspace {
  public:
    explicit Workspace(std::size_t count) {
        if (count > KEPT) {
            own_.emplace(count);
            next_ = own_->get();
            return;
        }
        if (count > kept_count) {
            kept.emplace(count);
            kept_count = count;
        }
        next_ = kept->get();
    }
    static std::size_t padded(std::size_t count) { return pad(count, 16); }
    float* take(std::size_t count) { return std::exchange(next_, next_ + padded(count)); }

  private:
    static constexpr std::size_t KEPT = 16 << 20;  // floats
    static thread_local std::optional<Floats> kept;
    static thread_local std::size_t kept_count;
    std::optional<Floats> own_;
    float* next_;
};
thread_local std::optional<Floats> Workspace::kept;
thread_local std::size_t Workspace::kept_count = 0;

const ModelKernels& model_kernels(const Description& model) { return kernels().*model.kernels; }

// Floats of a flat array that one thread takes at a time.
constexpr std::size_t PIECE = 32768;

// Threads that are worth waking for so many multiply-adds: some 10 microseconds of work for each.
int useful_threads(int threads, std::size_t multiply_adds) {
    constexpr std::size_t EACH = 200000;
    return static_cast<int>(std::clamp<std::size_t>(multiply_adds / EACH, 1, static_cast<std::size_t>(threads)));
}

// Rows in one tile: at most MAX_TILE and 2·10^9 multiply-adds, between which Ctrl-C gets through, and
// as many tiles for every thread. Results do not depend on it.
std::size_t tile_rows(const Description& model, std::size_t rows, int threads) {
    constexpr std::size_t MOST = 2000000000;
    std::size_t most =
                    std::clamp<std::size_t>(MOST / (model.size + 1), 1, MAX_TILE) * static_cast<std::size_t>(threads),
                rounds = (rows + most - 1) / most, tiles = rounds * static_cast<std::size_t>(threads);
    return std::max<std::size_t>(1, (rows + tiles - 1) / tiles);
}

// Memory of each thread while it works on tiles of rows.
struct TileMemory {
    std::size_t logits, state, scratch, bytes;  // in floats
    TileMemory(const Description& model, Needs needs, std::size_t n_bytes)
        : logits(MAX_TILE * pad(model.shape.n, 16)),
          state(pad(MAX_TILE * needs.state, 16)),
          scratch(pad(needs.scratch, 16)),
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

// Eight bytes of 0 and 1 to one, the first in the highest bit.
inline std::uint8_t pack_eight(const std::uint8_t* bits) {
    if constexpr (std::endian::native == std::endian::little) {
        // Byte k is moved from bit 8 k to bit 63 - k; no two products meet in a bit, so none carries.
        std::uint64_t word;
        std::memcpy(&word, bits, sizeof word);
        return static_cast<std::uint8_t>((word * 0x8040201008040201u) >> 56);
    }
    unsigned byte = 0;
    for (int b = 0; b < 8; ++b) byte = byte << 1 | bits[b];
    return static_cast<std::uint8_t>(byte);
}

void pack_row(std::uint8_t* out, const std::uint8_t* row, std::size_t n) {
    std::size_t whole = n / 8;
    for (std::size_t k = 0; k < whole; ++k) out[k] = pack_eight(row + 8 * k);
    if (n % 8 == 0) return;
    std::uint8_t last[8] = {};
    std::memcpy(last, row + 8 * whole, n % 8);
    out[whole] = pack_eight(last);
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

double value_and_grad(float* grad, const Description& model, const float* params, Rows rows, int threads, Poll poll) {
    const ModelKernels& k = model_kernels(model);
    const Kernels& all = kernels();
    std::size_t n = model.shape.n, stride = pad(n, 16), batch = std::min(rows.count, MAX_BATCH);
    threads = useful_threads(threads, batch * model.size);
    Needs needs = k.needs(model.shape);
    std::size_t scratch = pad(std::max(needs.scratch, needs.backward), 16), units = k.units(model.shape);
    Workspace space(Workspace::padded(needs.tables) + 2 * batch * stride + Workspace::padded(batch * needs.state) +
                    scratch * threads);
    float *tables = space.take(needs.tables), *delta = space.take(batch * stride), *logits = space.take(batch * stride),
          *state = space.take(batch * needs.state), *scratches = space.take(scratch * threads);
    std::vector<double> nats(batch);
    prepare(tables, model, params, threads);
    View view{model.shape, params, tables};
    // Units between two polls, about 10^9 multiply-adds: all of them unless the model is large.
    std::size_t units_at_once = std::max<std::size_t>(threads, units * 1000000000 / (batch * (model.size + 1)));
    Interrupt interrupt(poll);
    double total = 0.0;
    float scale = 1.0f / static_cast<float>(rows.count);
    for (std::size_t first = 0; first < rows.count; first += batch) {
        std::size_t count = std::min(batch, rows.count - first), size = tile_rows(model, count, threads);
        std::size_t tiles = (count + size - 1) / size;
        // The gradient is set to zero beside the first tiles, in pieces.
        std::size_t zeros = first == 0 ? (model.size + PIECE - 1) / PIECE : 0;
        const std::uint8_t* X = rows.X + first * n;
        parallel_for(tiles + zeros, threads, [&](std::size_t item, int thread) {
            if (item >= tiles) {
                std::size_t begin = (item - tiles) * PIECE;
                std::memset(grad + begin, 0, std::min(PIECE, model.size - begin) * sizeof(float));
                return;
            }
            if (interrupt.asked(thread)) return;
            std::size_t r = item * size, m = std::min(size, count - r);
            k.logits(logits + r * stride, state + r * needs.state, view, X + r * n, m, scratches + thread * scratch);
            all.bernoulli.delta(delta + r * stride, nats.data() + r, logits + r * stride, X + r * n, scale, m, n);
        });
        interrupt.raise();
        for (std::size_t done = 0; done < units; done += units_at_once) {
            std::size_t now = std::min(units_at_once, units - done), parts = std::min<std::size_t>(now, threads);
            parallel_for(parts, threads, [&](std::size_t part, int thread) {
                k.backward(grad, view, delta, state, X, count, done + now * part / parts,
                           done + now * (part + 1) / parts, scratches + thread * scratch);
            });
            interrupt.asked(0);
            interrupt.raise();
        }
        for (std::size_t r = 0; r < count; ++r) total += nats[r];
    }
    return total / static_cast<double>(rows.count);
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
    std::size_t pieces = (size + PIECE - 1) / PIECE, parts = std::min<std::size_t>(pieces, threads);
    parallel_for(parts, threads, [&](std::size_t part, int) {
        std::size_t begin = pieces * part / parts * PIECE, end = std::min(size, pieces * (part + 1) / parts * PIECE);
        step(begin, end - begin);
    });
}

}  // namespace ardens
