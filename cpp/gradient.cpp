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
          many_(std::min(rows.count, kernels_.gradient ? MANY : MAX_BATCH)),
          threads_(useful_threads(threads, many_ * model.size)),
          n_(model.shape.n),
          stride_(pad(model.shape.n, 16)),
          scale_(1.0f / static_cast<float>(rows.count)),
          scratch_(pad(std::max(needs_.scratch, needs_.backward), 16)),
          space_(Workspace::padded(needs_.tables) + 2 * many_ * stride_ + Workspace::padded(many_ * needs_.state) +
                 scratch_ * threads_) {}

    // Returns the sum of all nats.
    double compute(const float* params, Interrupt& interrupt) {
        float* tables = space_.take(needs_.tables);
        prepare(tables, model_, params, threads_);
        set_zero();
        View view{model_.shape, params, tables};
        return kernels_.gradient ? at_once(view, interrupt) : in_turn(view, interrupt);
    }

  private:
    static constexpr std::size_t MANY = 8 * MAX_BATCH;

    // All units forwards and then back, batch by batch.
    double in_turn(const View& view, Interrupt& interrupt) {
        float *delta = space_.take(many_ * stride_), *logits = space_.take(many_ * stride_),
              *state = space_.take(many_ * needs_.state), *scratches = space_.take(scratch_ * threads_);
        double total = 0.0;
        std::vector<double> nats(many_);
        for (std::size_t first = 0; first < rows_.count; first += many_) {
            std::size_t count = std::min(many_, rows_.count - first);
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

    // Every part of the units goes forwards and back on its own, through many batches.
    double at_once(const View& view, Interrupt& interrupt) {
        float *terms = space_.take(many_ * stride_), *scratches = space_.take(scratch_ * threads_);
        double total = 0.0;
        std::vector<double> nats(many_);
        for (std::size_t first = 0; first < rows_.count; first += many_) {
            std::size_t count = std::min(many_, rows_.count - first);
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
    std::size_t many_;  // rows that all units take before any takes more
    int threads_;
    std::size_t n_, stride_;
    float scale_;
    std::size_t scratch_;  // floats of a thread
    Workspace space_;
};

}  // namespace

double value_and_grad(float* grad, const Description& model, const float* params, Rows rows, int threads, Poll poll) {
    Gradient gradient(grad, model, rows, threads);
    Interrupt interrupt(poll);
    return gradient.compute(params, interrupt) / static_cast<double>(rows.count);
}

}  // namespace ardens
