#include <algorithm>

#include "engine/codes.hpp"
#include "engine/driver.hpp"
#include "engine/memory.hpp"
#include "engine/parallel.hpp"
#include "engine/work.hpp"
#include "kernels/scratch.hpp"

namespace ardens {
namespace {

// Memory of a gradient, for so many rows at once.
struct GradientMemory {
    float *tables, *scale, *logits, *delta, *state;
    double *nats, *sums;
    std::size_t per_thread;  // floats of scratch
    float* scratch;
    std::uint8_t* forced;  // bits by codes, where parts need to know
    GradientMemory(Scratch& memory, Needs needs, std::size_t stride, std::size_t rows, bool keeps_delta,
                   std::size_t n_sums, std::size_t n_forced, int threads)
        : tables(memory.take<float>(needs.tables)),
          scale(memory.take<float>(rows)),
          logits(memory.take<float>(rows * stride)),
          delta(memory.take<float>(keeps_delta ? rows * stride : 0)),
          state(memory.take<float>(rows * needs.state)),
          nats(memory.take<double>(rows)),
          sums(memory.take<double>(n_sums)),
          per_thread(pad(std::max(needs.scratch, needs.backward), LINE)),
          scratch(memory.take<float>(per_thread * threads)),
          forced(memory.take<std::uint8_t>(n_forced)) {}
    float* scratch_of(int thread) const { return scratch + thread * per_thread; }
};

// A gradient in the making: the two ways that models have.
class Gradient {
  public:
    Gradient(float* grad, const Description& model, Rows rows, const double* weights, int threads)
        : grad_(grad),
          model_(model),
          kernels_(model_kernels(model)),
          needs_(kernels_.needs(model.shape)),
          rows_(rows),
          weights_(weights),
          many_(std::min(rows.count, kernels_.gradient ? MANY : MAX_BATCH)),
          threads_(useful_threads(threads, many_ * model.size)),
          n_(model.shape.n),
          stride_(pad(model.shape.n, LINE)),
          n_sums_(rows.count > IN_FLOATS ? model.size : 0),
          n_forced_(model.codes && kernels_.gradient ? many_ * n_ : 0),
          space_(floats_of<GradientMemory>(needs_, stride_, many_, !kernels_.gradient, n_sums_, n_forced_, threads_)),
          memory_(lay_out<GradientMemory>(space_.get(), needs_, stride_, many_, !kernels_.gradient, n_sums_, n_forced_,
                                          threads_)) {}

    // Returns the sum of all nats, each times the weight of its row.
    double compute(const float* params, Interrupt& interrupt) {
        prepare(memory_.tables, model_, params, threads_);
        each_share(model_.size, threads_, [this](std::size_t begin, std::size_t count) {
            std::fill_n(grad_ + begin, count, 0.0f);
            if (n_sums_) std::fill_n(memory_.sums + begin, count, 0.0);
        });
        View view{model_.shape, params, memory_.tables};
        double total = 0.0;
        for (std::size_t first = 0; first < rows_.count; first += many_) {
            Rows now{rows_.X + first * n_, std::min(many_, rows_.count - first)};
            for (std::size_t r = 0; r < now.count; ++r)
                memory_.scale[r] = static_cast<float>(weight(first + r)) / static_cast<float>(rows_.count);
            kernels_.gradient ? at_once(view, now, interrupt) : in_turn(view, now, interrupt);
            if (n_sums_ && (first + many_) % IN_FLOATS == 0) fold();
            for (std::size_t r = 0; r < now.count; ++r)
                if (double w = weight(first + r); w != 0.0) total += w * memory_.nats[r];
        }
        if (n_sums_) {
            fold();
            each_share(model_.size, threads_, [this](std::size_t begin, std::size_t count) {
                for (std::size_t i = begin; i < begin + count; ++i) grad_[i] = static_cast<float>(memory_.sums[i]);
            });
        }
        return total;
    }

  private:
    static constexpr std::size_t MANY = 8 * MAX_BATCH;
    // Rows over which gradients are summed in float32. Kernels add up the rows of a batch first: a sum of at most 128
    // terms, and one of 64 (NADE's c: 128) such sums, are off by 10^-5 at most, though all terms be equal and all
    // roundings go one way.
    static constexpr std::size_t IN_FLOATS = 8 * MANY;

    double weight(std::size_t row) const { return weights_ ? weights_[row] : 1.0; }

    // Moves the gradient to the sums in float64.
    void fold() {
        each_share(model_.size, threads_, [this](std::size_t begin, std::size_t count) {
            for (std::size_t i = begin; i < begin + count; ++i) {
                memory_.sums[i] += static_cast<double>(grad_[i]);
                grad_[i] = 0.0f;
            }
        });
    }

    // All rows forwards, and then every part of the parameters back.
    void in_turn(const View& view, Rows rows, Interrupt& interrupt) {
        each_tile_of(rows.count, interrupt, [&](std::size_t r, std::size_t count, int thread) {
            float *logits = memory_.logits + r * stride_, *delta = memory_.delta + r * stride_,
                  *state = memory_.state + r * needs_.state;
            const std::uint8_t* X = rows.X + r * n_;
            kernels_.logits(logits, state, view, X, count, memory_.scratch_of(thread));
            if (model_.codes) force(logits, *model_.codes, X, count);
            kernels().bernoulli.delta(delta, memory_.nats + r, logits, X, memory_.scale + r, count, n_);
        });
        each_part(rows.count, interrupt, [&](std::size_t begin, std::size_t end, int thread) {
            kernels_.backward(grad_, view, memory_.delta, memory_.state, rows.X, rows.count, begin, end,
                              memory_.scratch_of(thread));
        });
    }

    // Every part forwards and back on its own, through many batches; terms in the place of logits.
    void at_once(const View& view, Rows rows, Interrupt& interrupt) {
        if (n_forced_) mark_forced(memory_.forced, *model_.codes, rows);
        each_part(rows.count, interrupt, [&](std::size_t begin, std::size_t end, int thread) {
            for (std::size_t r = 0; r < rows.count && !interrupt.asked(thread); r += MAX_BATCH)
                kernels_.gradient(grad_, memory_.logits + r * stride_, view, rows.X + r * n_,
                                  n_forced_ ? memory_.forced + r * n_ : nullptr, memory_.scale + r,
                                  std::min(MAX_BATCH, rows.count - r), begin, end, memory_.scratch_of(thread));
        });
        each_tile_of(rows.count, interrupt, [&](std::size_t r, std::size_t count, int) {
            kernels().bernoulli.sum(memory_.nats + r, memory_.logits + r * stride_, count, n_);
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
    // work(first part, last part, thread): all parts unless the model is large, else about 10^9 multiply-adds
    // between two polls.
    template <typename Work>
    void each_part(std::size_t count, Interrupt& interrupt, Work&& work) {
        std::size_t parts = kernels_.parts(model_.shape), batch = std::min(count, MAX_BATCH),
                    most = std::max<std::size_t>(threads_, parts * 1000000000 / (batch * (model_.size + 1)));
        for (std::size_t done = 0; done < parts; done += most) {
            std::size_t now = std::min(most, parts - done), shares = std::min<std::size_t>(now, threads_);
            parallel_for(shares, threads_, [&](std::size_t share, int thread) {
                work(done + now * share / shares, done + now * (share + 1) / shares, thread);
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
    const double* weights_;  // or null
    std::size_t many_;       // rows that all parts take before any takes more
    int threads_;
    std::size_t n_, stride_, n_sums_, n_forced_;
    Workspace space_;
    GradientMemory memory_;
};

}  // namespace

double value_and_grad(float* grad, const Description& model, const float* params, Rows rows, const double* weights,
                      int threads, Poll poll) {
    Gradient gradient(grad, model, rows, weights, threads);
    Interrupt interrupt(poll);
    return gradient.compute(params, interrupt) / static_cast<double>(rows.count);
}

}  // namespace ardens
