#include <algorithm>
#include <cstring>
#include <vector>

#include "driver.hpp"
#include "interrupt.hpp"
#include "parallel.hpp"
#include "work.hpp"

namespace ardens {
namespace {

// A gradient in the making: the two ways that models have.
class Gradient {
  public:
    Gradient(float* grad, const Description& model, Rows rows, int threads)
        : grad_(grad),
          model_(model),
          kernels_(model_kernels(model)),
          needs_(kernels_.needs(model.shape)),
          rows_(rows),
          threads_(threads),
          n_(model.shape.n),
          stride_(pad(model.shape.n, 16)),
          scale_(1.0f / static_cast<float>(rows.count)),
          scratch_(pad(std::max(needs_.scratch, needs_.backward), 16)) {}

    std::size_t floats_in_turn() const {
        std::size_t batch = std::min(rows_.count, MAX_BATCH);
        return 2 * batch * stride_ + Workspace::padded(batch * needs_.state) + scratch_ * threads_;
    }

    // All units forwards and then back, batch by batch. Returns the sum of all nats.
    double in_turn(const View& view, Workspace& space, Interrupt& interrupt) {
        std::size_t batch = std::min(rows_.count, MAX_BATCH);
        float *delta = space.take(batch * stride_), *logits = space.take(batch * stride_),
              *state = space.take(batch * needs_.state), *scratches = space.take(scratch_ * threads_);
        double total = 0.0;
        std::vector<double> nats(batch);
        set_zero();
        for (std::size_t first = 0; first < rows_.count; first += batch) {
            std::size_t count = std::min(batch, rows_.count - first);
            const std::uint8_t* X = rows_.X + first * n_;
            each_tile_of(count, interrupt, [&](std::size_t r, std::size_t m, int thread) {
                kernels_.logits(logits + r * stride_, state + r * needs_.state, view, X + r * n_, m,
                                scratches + thread * scratch_);
                kernels().bernoulli.delta(delta + r * stride_, nats.data() + r, logits + r * stride_, X + r * n_,
                                          scale_, m, n_);
            });
            each_part(count, interrupt, [&](std::size_t begin, std::size_t end, int thread) {
                kernels_.backward(grad_, view, delta, state, X, count, begin, end, scratches + thread * scratch_);
            });
            for (std::size_t r = 0; r < count; ++r) total += nats[r];
        }
        return total;
    }

    std::size_t floats_at_once() const { return std::min(rows_.count, MANY) * stride_ + scratch_ * threads_; }

    // Every part of the units goes forwards and back on its own, through many batches. Returns the sum of all nats.
    double at_once(const View& view, Workspace& space, Interrupt& interrupt) {
        std::size_t many = std::min(rows_.count, MANY);
        float *terms = space.take(many * stride_), *scratches = space.take(scratch_ * threads_);
        double total = 0.0;
        std::vector<double> nats(many);
        set_zero();
        for (std::size_t first = 0; first < rows_.count; first += many) {
            std::size_t count = std::min(many, rows_.count - first);
            const std::uint8_t* X = rows_.X + first * n_;
            each_part(count, interrupt, [&](std::size_t begin, std::size_t end, int thread) {
                for (std::size_t r = 0; r < count && !interrupt.asked(thread); r += MAX_BATCH)
                    kernels_.gradient(grad_, terms + r * stride_, view, X + r * n_, scale_,
                                      std::min(MAX_BATCH, count - r), begin, end, scratches + thread * scratch_);
            });
            each_tile_of(count, interrupt, [&](std::size_t r, std::size_t m, int) {
                kernels().bernoulli.sum(nats.data() + r, terms + r * stride_, m, n_);
            });
            for (std::size_t r = 0; r < count; ++r) total += nats[r];
        }
        return total;
    }

  private:
    static constexpr std::size_t MANY = 8 * MAX_BATCH;  // rows between two waits of all threads

    void set_zero() {
        parallel_for((model_.size + PIECE - 1) / PIECE, threads_, [&](std::size_t piece, int) {
            std::size_t begin = piece * PIECE;
            std::memset(grad_ + begin, 0, std::min(PIECE, model_.size - begin) * sizeof(float));
        });
    }
    // work(first row, rows, thread)
    template <typename Work>
    void each_tile_of(std::size_t count, Interrupt& interrupt, Work&& work) {
        std::size_t size = tile_rows(model_, count, threads_);
        parallel_for((count + size - 1) / size, threads_, [&](std::size_t tile, int thread) {
            if (!interrupt.asked(thread)) work(tile * size, std::min(size, count - tile * size), thread);
        });
        interrupt.raise();
    }
    // work(first unit, last unit, thread): all units unless the model is large, else about 10^9 multiply-adds
    // between two polls.
    template <typename Work>
    void each_part(std::size_t count, Interrupt& interrupt, Work&& work) {
        std::size_t units = kernels_.units(model_.shape), batch = std::min(count, MAX_BATCH),
                    most = std::max<std::size_t>(threads_, units * 1000000000 / (batch * (model_.size + 1)));
        for (std::size_t done = 0; done < units; done += most) {
            std::size_t now = std::min(most, units - done), parts = std::min<std::size_t>(now, threads_);
            parallel_for(parts, threads_, [&](std::size_t part, int thread) {
                work(done + now * part / parts, done + now * (part + 1) / parts, thread);
            });
            interrupt.asked(0);
            interrupt.raise();
        }
    }

    float* grad_;
    const Description& model_;
    const ModelKernels& kernels_;
    Needs needs_;
    Rows rows_;
    int threads_;
    std::size_t n_, stride_;
    float scale_;
    std::size_t scratch_;  // floats of a thread
};

}  // namespace

double value_and_grad(float* grad, const Description& model, const float* params, Rows rows, int threads, Poll poll) {
    const ModelKernels& k = model_kernels(model);
    threads = useful_threads(threads, std::min(rows.count, MAX_BATCH) * model.size);
    Needs needs = k.needs(model.shape);
    Gradient task(grad, model, rows, threads);
    Workspace space(Workspace::padded(needs.tables) + (k.gradient ? task.floats_at_once() : task.floats_in_turn()));
    float* tables = space.take(needs.tables);
    prepare(tables, model, params, threads);
    View view{model.shape, params, tables};
    Interrupt interrupt(poll);
    double total = k.gradient ? task.at_once(view, space, interrupt) : task.in_turn(view, space, interrupt);
    return total / static_cast<double>(rows.count);
}

}  // namespace ardens
