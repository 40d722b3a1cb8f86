#include "solvers/logistic.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/interrupt.hpp"
#include "engine/parallel.hpp"
#include "solvers/newton.hpp"
#include "solvers/strip.hpp"

namespace ardens {
namespace {

constexpr int MOST_STEPS = 100;
constexpr double SMALLEST = 0.2;  // step that is shortened once more
constexpr double DAMPING = 1e-3;  // at first
constexpr double LEAST = 1e-3;    // of the tolerance: a promise that is not worth a step

// What one thread works with; everything is allocated before the threads start.
class Solver {
  public:
    Solver(const SortedRows& rows, const Regressions& out, Interrupt& interrupt, int thread)
        : rows_(rows),
          out_(out),
          interrupt_(interrupt),
          thread_(thread),
          strip_(rows, interrupt, thread),
          newton_(strip_, rows, interrupt, thread),
          from_(rows.n),
          step_(rows.n) {}

    std::size_t evaluations = 0;  // of a loss

    // The columns from `begin` on. An interrupt leaves them half done.
    void fit(std::size_t begin) {
        strip_.gather(begin);
        bool live[LANES] = {};
        for (std::size_t l = 0; l < strip_.lanes; ++l) live[l] = take(l);
        for (int done = 0; done < MOST_STEPS && !interrupt_.asked(thread_); ++done) {
            auto left = static_cast<std::size_t>(std::count(live, live + LANES, true));
            if (left == 0) break;
            evaluations += left;
            strip_.evaluate();
            for (std::size_t l = 0; l < strip_.lanes && !interrupt_.asked(thread_); ++l) live[l] = live[l] && go_on(l);
        }
        for (std::size_t l = 0; l < strip_.lanes; ++l) give(l);
    }

  private:
    static constexpr std::size_t LANES = Strip::LANES;

    // Where a regression stands: at from_ + size step_.
    struct Lane {
        double size, damping;
        double from_b, step_b;
        double before, promised;  // at from_, and the gain that the step promises from there
        bool varies;
    };

    double sign(std::size_t i) const { return rows_.turned[i] ? -1.0 : 1.0; }
    Penalty penalty(std::size_t i) const {
        return {out_.penalty[i] * out_.l1_ratio, out_.penalty[i] * (1.0 - out_.l1_ratio)};
    }

    // Begins where W and b are, in the turned columns and for the turned target; false if there is nothing to do.
    bool take(std::size_t l) {
        std::size_t i = strip_.begin + l;
        lane_[l] = {};
        lane_[l].damping = DAMPING;
        lane_[l].varies = rows_.free_ones[i] > 0.0 && rows_.free_ones[i] < rows_.free_total[i];
        strip_.b[l] = sign(i) * out_.b[i];
        const double* w = out_.W + i * rows_.n;
        for (std::size_t j = 0; j < strip_.begin + strip_.lanes; ++j) {
            double own = j < i ? sign(i) * w[j] : 0.0;
            if (rows_.turned[j]) strip_.b[l] += own;
            strip_.w[j][l] = sign(j) * own;
        }
        return out_.penalty[i] > 0.0 && lane_[l].varies;
    }

    void give(std::size_t l) {
        std::size_t i = strip_.begin + l;
        if (!(out_.penalty[i] > 0.0)) return;
        double *w = out_.W + i * rows_.n, b = strip_.b[l];
        if (!lane_[l].varies) {
            std::fill_n(w, i, 0.0);
            double ones = rows_.free_ones[i], zeros = rows_.free_total[i] - ones;
            out_.b[i] = sign(i) * std::log((ones + 1.0) / (zeros + 1.0));
            return;
        }
        for (std::size_t j = 0; j < i; ++j) {
            w[j] = sign(i) * sign(j) * strip_.w[j][l];
            if (rows_.turned[j]) b -= sign(i) * w[j];
        }
        out_.b[i] = sign(i) * b;
    }

    void stand(std::size_t l, double size) {
        Lane& lane = lane_[l];
        lane.size = size;
        strip_.b[l] = lane.from_b + size * lane.step_b;
        for (std::size_t j = 0; j < strip_.begin + l; ++j) strip_.w[j][l] = from_[j][l] + size * step_[j][l];
    }

    double cost(std::size_t l) const {
        double absolute = 0.0, square = 0.0;
        for (std::size_t j = 0; j < strip_.begin + l; ++j) {
            absolute += std::abs(strip_.w[j][l]);
            square += strip_.w[j][l] * strip_.w[j][l];
        }
        auto [l1, l2] = penalty(strip_.begin + l);
        return l1 * absolute + 0.5 * l2 * square;
    }

    // Proximal Newton steps with a line search. Where the quadratic model promises what the loss does
    // not keep, as where probabilities are near 0 or 1, damping brings it closer to an upper bound.
    // What was evaluated is judged: false if no more is to be gained.
    bool go_on(std::size_t l) {
        Lane& lane = lane_[l];
        double now = strip_.loss[l] + cost(l);
        bool sound = false;  // the model: the step that it gave was good as it was
        if (lane.size > 0.0) {
            double gain = lane.before - now;
            bool kept = gain >= 0.01 * lane.size * lane.promised;
            if (!kept && (lane.size > SMALLEST || lane.promised < LEAST * out_.tolerance)) {
                bool again = lane.promised >= LEAST * out_.tolerance;
                // To the lowest point of the parabola through what is known, if that is within reason.
                double hoped = lane.size * lane.promised, lowest = 0.5 * hoped / (hoped - gain);
                stand(l, again ? lane.size * std::max(0.1, std::min(0.5, lowest)) : 0.0);
                return again;
            }
            sound = kept && lane.size == 1.0;
            if (sound && gain < out_.tolerance) return false;
            lane.damping = sound ? 0.2 * lane.damping : std::max(5.0 * lane.damping, DAMPING);
            if (!kept) {  // where it began, evaluated anew
                stand(l, 0.0);
                return true;
            }
        }
        lane.before = now;
        double step_b = 0.0;
        lane.promised = newton_.find(l, step_, step_b, penalty(strip_.begin + l), lane.damping);
        if (!(lane.promised > 0.0)) return false;
        for (std::size_t j = 0; j < strip_.begin + l; ++j) from_[j][l] = strip_.w[j][l];
        lane.from_b = strip_.b[l];
        lane.step_b = step_b;
        stand(l, 1.0);
        return !sound || lane.promised >= out_.tolerance;  // it is not worth an evaluation
    }

    const SortedRows& rows_;
    const Regressions& out_;
    Interrupt& interrupt_;
    int thread_;
    Strip strip_;
    NewtonStep newton_;
    std::vector<Lanes> from_, step_;  // (n,)
    Lane lane_[LANES];
};

}  // namespace

std::size_t fit_regressions(const Regressions& out, const SortedRows& rows, int threads, Poll poll) {
    Interrupt interrupt(poll);
    std::vector<std::unique_ptr<Solver>> solvers;
    for (int thread = 0; thread < threads; ++thread)
        solvers.push_back(std::make_unique<Solver>(rows, out, interrupt, thread));
    // The last columns take longest and come first.
    std::size_t strips = (out.n + Strip::LANES - 1) / Strip::LANES;
    parallel_for(strips, threads, [&](std::size_t item, int thread) {
        if (!interrupt.asked(thread)) solvers[thread]->fit((strips - 1 - item) * Strip::LANES);
    });
    interrupt.raise();
    std::size_t evaluations = 0;
    for (const auto& solver : solvers) evaluations += solver->evaluations;
    return evaluations;
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
    const std::vector<double>& alone = rows.ones_of;
    std::vector<double> together(n * static_cast<std::size_t>(threads)), largest(n);
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
    return n > 0 ? *std::max_element(largest.begin(), largest.end()) : 0.0;
}

}  // namespace ardens
