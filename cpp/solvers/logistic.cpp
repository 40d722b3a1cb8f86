#include "solvers/logistic.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/interrupt.hpp"
#include "engine/parallel.hpp"
#include "solvers/groups.hpp"
#include "solvers/newton.hpp"

namespace ardens {
namespace {

constexpr int MOST_STEPS = 100;

// What one thread works with; everything is allocated before the threads start.
class Solver {
  public:
    Solver(const SortedRows& rows, const Regressions& out, Interrupt& interrupt, int thread)
        : rows_(rows),
          out_(out),
          interrupt_(interrupt),
          thread_(thread),
          groups_(rows),
          step_(groups_, rows.n, interrupt, thread),
          t_(rows.count),
          dt_(rows.count),
          residual_(rows.count),
          curvature_(rows.count),
          w_(rows.n) {}

    // An interrupt leaves the column half done.
    void fit(std::size_t i) {
        if (!(out_.penalty[i] > 0.0)) return;
        double* w = out_.W + i * rows_.n;
        double sign = rows_.turned[i] ? -1.0 : 1.0;
        if (groups_.gather(i) == 0.0) {
            std::fill_n(w, i, 0.0);
            out_.b[i] = -sign * std::log(rows_.total + 1.0);
            return;
        }
        // In the turned columns, and for the turned target.
        b_ = sign * out_.b[i];
        for (std::size_t j = 0; j < i; ++j) {
            if (rows_.turned[j]) b_ += sign * w[j];
            w_[j] = (rows_.turned[j] ? -sign : sign) * w[j];
        }
        minimise(i, {out_.penalty[i] * out_.l1_ratio, out_.penalty[i] * (1.0 - out_.l1_ratio)});
        for (std::size_t j = 0; j < i; ++j) {
            w[j] = (rows_.turned[j] ? -sign : sign) * w_[j];
            if (rows_.turned[j]) b_ += w_[j];
        }
        out_.b[i] = sign * b_;
    }

  private:
    // Loss of the rows at t + size dt; with `derivatives`, residuals and curvatures as well.
    template <bool derivatives>
    double loss(double size) {
        double sum = 0.0, factor = 1.0, logs = 0.0;
        for (std::size_t g = 0; g < groups_.count; ++g) {
            double weight = groups_.weight[g], ones = groups_.ones[g];
            double t = t_[g] + (size != 0.0 ? size * dt_[g] : 0.0), e = std::exp(-std::abs(t));
            sum += weight * std::max(t, 0.0) - ones * t;
            if (weight == 1.0) {  // one logarithm for many factors, each from 1 to 2
                factor *= 1.0 + e;
                if (factor > 1e300) logs += std::log(std::exchange(factor, 1.0));
            } else {
                logs += weight * std::log1p(e);
            }
            if constexpr (derivatives) {
                double q = 1.0 / (1.0 + e), p = t >= 0.0 ? q : e * q;
                residual_[g] = weight * p - ones;
                curvature_[g] = weight * e * q * q;
            }
        }
        return sum + logs + std::log(factor);
    }

    double cost(std::size_t i, double size, Penalty penalty) const {
        double absolute = 0.0, square = 0.0;
        for (std::size_t j = 0; j < i; ++j) {
            double w = w_[j] + size * step_.w[j];
            absolute += std::abs(w);
            square += w * w;
        }
        return penalty.l1 * absolute + 0.5 * penalty.l2 * square;
    }

    // Proximal Newton steps with a line search. Where the quadratic model promises what the loss does
    // not keep, as where probabilities are near 0 or 1, damping brings it closer to an upper bound.
    void minimise(std::size_t i, Penalty penalty) {
        step_.clear(i);
        groups_.product(t_, b_, w_);
        double damping = 0.0;
        for (int done = 0; done < MOST_STEPS && !interrupt_.asked(thread_); ++done) {
            double before = loss<true>(0.0) + cost(i, 0.0, penalty);
            double promised = step_.find(i, w_, residual_, curvature_, penalty, damping);
            if (!(promised > 0.0)) return;
            groups_.product(dt_, step_.b, step_.w);
            double size = 1.0, gain = 0.0;
            for (; size > 0.1; size *= 0.5) {
                gain = before - loss<false>(size) - cost(i, size, penalty);
                if (gain >= 0.01 * size * promised) break;
            }
            bool kept = size > 0.1;
            if (kept) {
                b_ += size * step_.b;
                for (std::size_t j = 0; j < i; ++j) w_[j] += size * step_.w[j];
                for (std::size_t g = 0; g < groups_.count; ++g) t_[g] += size * dt_[g];
            }
            step_.clear(i);
            if (kept && size == 1.0 && gain < out_.tolerance) return;
            if (promised < 1e-3 * out_.tolerance) return;
            damping = size == 1.0 ? 0.2 * damping : std::max(5.0 * damping, 1e-4);
        }
    }

    const SortedRows& rows_;
    const Regressions& out_;
    Interrupt& interrupt_;
    int thread_;
    Groups groups_;
    NewtonStep step_;
    std::vector<double> t_, dt_, residual_, curvature_;  // (groups,)
    std::vector<double> w_;                              // (n,)
    double b_ = 0.0;
};

}  // namespace

void fit_regressions(const Regressions& out, const SortedRows& rows, int threads, Poll poll) {
    Interrupt interrupt(poll);
    std::vector<std::unique_ptr<Solver>> solvers;
    for (int thread = 0; thread < threads; ++thread)
        solvers.push_back(std::make_unique<Solver>(rows, out, interrupt, thread));
    // The last columns take longest and come first.
    parallel_for(out.n, threads, [&](std::size_t item, int thread) {
        if (!interrupt.asked(thread)) solvers[thread]->fit(out.n - 1 - item);
    });
    interrupt.raise();
}

double largest_gradient(const SortedRows& rows, int threads, Poll poll) {
    Interrupt interrupt(poll);
    std::size_t n = rows.n;
    std::vector<std::size_t> begin(n + 1), row(rows.ones.size());
    for (std::uint32_t j : rows.ones) ++begin[j + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<std::size_t> next(begin);
    for (std::size_t r = 0; r < rows.count; ++r)
        for (std::size_t k = rows.first[r]; k < rows.first[r + 1]; ++k) row[next[rows.ones[k]]++] = r;
    std::vector<double> alone(n), together(n * static_cast<std::size_t>(threads)), largest(n);
    for (std::size_t r = 0; r < rows.count; ++r)
        for (std::size_t k = rows.first[r]; k < rows.first[r + 1]; ++k) alone[rows.ones[k]] += rows.weight[r];
    // The weight of the rows with ones in both columns, against what it would be if they were independent.
    parallel_for(n, threads, [&](std::size_t item, int thread) {
        std::size_t i = n - 1 - item;
        double* both = together.data() + n * static_cast<std::size_t>(thread);
        if (begin[i] == begin[i + 1]) return;
        std::fill_n(both, i, 0.0);
        for (std::size_t k = begin[i]; k < begin[i + 1] && !interrupt.asked(thread); ++k) {
            const std::uint32_t* list = rows.ones.data() + rows.first[row[k]];
            for (; *list < i; ++list) both[*list] += rows.weight[row[k]];
        }
        for (std::size_t j = 0; j < i; ++j)
            largest[i] = std::max(largest[i], std::abs(both[j] - alone[i] * alone[j] / rows.total));
    });
    interrupt.raise();
    return *std::max_element(largest.begin(), largest.end());
}

}  // namespace ardens
