#include "solvers/logistic.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "engine/interrupt.hpp"
#include "engine/parallel.hpp"

namespace ardens {
namespace {

constexpr int MOST_STEPS = 100, MOST_SWEEPS = 100;

// Sweeps end when one gains so little of what the best of them gained: the model is no better.
constexpr double SWEPT = 1e-3;

// Rows that a curvature is taken from, for each of its columns: their sampling error slows the
// steps down, and moves no optimum.
constexpr std::size_t ROWS_PER_COLUMN = 16, FEWEST_ROWS = 1024;

double soft(double value, double threshold) {
    return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0.0;
}

// What one thread works with; everything is allocated before the threads start.
class Solver {
  public:
    Solver(const Table& table, const Regressions& out)
        : table_(table),
          out_(out),
          length_(table.count),
          row_(table.count),
          weight_(table.count),
          ones_(table.count),
          t_(table.count),
          dt_(table.count),
          residual_(table.count),
          curvature_(table.count),
          w_(table.n),
          d_(table.n),
          slope_(table.n),
          mean_(table.n),
          by_weight_(table.n),
          active_(table.n),
          place_(table.n),
          listed_(table.n),
          H_(new double[table.n * table.n]) {}

    // With true from `stop()` the column is left half done.
    template <typename Stop>
    void fit(std::size_t i, Stop&& stop) {
        if (!(out_.penalty[i] > 0.0)) return;
        double total = gather(i), rows = static_cast<double>(table_.count);
        double* w = out_.W + i * table_.n;
        if (total == 0.0 || total == rows) {
            std::fill_n(w, i, 0.0);
            double sum = table_.turned[i] ? rows - total : total;
            out_.b[i] = std::log((sum + 1.0) / (rows - sum + 1.0));
            return;
        }
        // In the turned columns, and for the turned target.
        double sign = table_.turned[i] ? -1.0 : 1.0;
        b_ = sign * out_.b[i];
        for (std::size_t j = 0; j < i; ++j) {
            if (table_.turned[j]) b_ += sign * w[j];
            w_[j] = (table_.turned[j] ? -sign : sign) * w[j];
        }
        minimise(i, out_.penalty[i] * out_.l1_ratio, out_.penalty[i] * (1.0 - out_.l1_ratio), stop);
        for (std::size_t j = 0; j < i; ++j) {
            w[j] = (table_.turned[j] ? -sign : sign) * w_[j];
            if (table_.turned[j]) b_ += w_[j];
        }
        out_.b[i] = sign * b_;
    }

  private:
    // Derivatives of the loss by a weight, and four times the most that the second can be.
    struct Derivatives {
        double first = 0.0, second = 0.0, most = 0.0;
    };

    // The distinct prefixes x_<i, how many rows have each and how many of these have x_i; their sum.
    double gather(std::size_t i) {
        groups_ = 0;
        double total = 0.0;
        for (std::size_t r = 0; r < table_.count; ++r) {
            const std::uint32_t* ones = table_.ones.data() + table_.first[r];
            std::size_t length = length_[r], all = table_.first[r + 1] - table_.first[r];
            while (length > 0 && ones[length - 1] >= i) --length;
            while (length < all && ones[length] < i) ++length;
            length_[r] = static_cast<std::uint32_t>(length);
            bool one = length < all && ones[length] == i;
            if (r == 0 || table_.shared[r] < i) {
                row_[groups_] = static_cast<std::uint32_t>(r);
                weight_[groups_] = ones_[groups_] = 0.0;
                ++groups_;
            }
            weight_[groups_ - 1] += 1.0;
            ones_[groups_ - 1] += one;
            total += one;
        }
        return total;
    }

    struct Ones {
        const std::uint32_t *begin, *end;
    };
    Ones ones_of(std::size_t group) const {
        const std::uint32_t* begin = table_.ones.data() + table_.first[row_[group]];
        return {begin, begin + length_[row_[group]]};
    }

    void product(std::vector<double>& out, double intercept, const std::vector<double>& w) const {
        for (std::size_t g = 0; g < groups_; ++g) {
            auto [p, end] = ones_of(g);
            double even = intercept, odd = 0.0;
            for (; end - p >= 2; p += 2) {
                even += w[p[0]];
                odd += w[p[1]];
            }
            out[g] = even + (p < end ? w[*p] : 0.0) + odd;
        }
    }

    // Loss of the rows at t + step dt; with `derivatives`, residuals and curvatures as well.
    template <bool derivatives>
    double loss(double step) {
        double sum = 0.0, factor = 1.0, logs = 0.0;
        for (std::size_t g = 0; g < groups_; ++g) {
            double t = t_[g] + (step != 0.0 ? step * dt_[g] : 0.0), e = std::exp(-std::abs(t));
            sum += weight_[g] * std::max(t, 0.0) - ones_[g] * t;
            if (weight_[g] == 1.0) {  // one logarithm for many factors, each from 1 to 2
                factor *= 1.0 + e;
                if (factor > 1e300) logs += std::log(std::exchange(factor, 1.0));
            } else {
                logs += weight_[g] * std::log1p(e);
            }
            if constexpr (derivatives) {
                double q = 1.0 / (1.0 + e), p = t >= 0.0 ? q : e * q;
                residual_[g] = weight_[g] * p - ones_[g];
                curvature_[g] = weight_[g] * e * q * q;
            }
        }
        return sum + logs + std::log(factor);
    }

    double penalty(std::size_t i, double step, double l1, double l2) const {
        double absolute = 0.0, square = 0.0;
        for (std::size_t j = 0; j < i; ++j) {
            double w = w_[j] + step * d_[j];
            absolute += std::abs(w);
            square += w * w;
        }
        return l1 * absolute + 0.5 * l2 * square;
    }

    // Proximal Newton steps with a line search. Where the quadratic model promises what the loss does
    // not keep, as where probabilities are near 0 or 1, damping brings it closer to an upper bound.
    template <typename Stop>
    void minimise(std::size_t i, double l1, double l2, Stop&& stop) {
        std::fill_n(d_.begin(), i, 0.0);
        product(t_, b_, w_);
        double damping = 0.0;
        for (int step = 0; step < MOST_STEPS && !stop(); ++step) {
            double before = loss<true>(0.0) + penalty(i, 0.0, l1, l2);
            double promised = direction(i, l1, l2, damping, stop);
            if (!(promised > 0.0)) return;
            product(dt_, db_, d_);
            double size = 1.0, gain = 0.0;
            for (; size > 0.1; size *= 0.5) {
                gain = before - loss<false>(size) - penalty(i, size, l1, l2);
                if (gain >= 0.01 * size * promised) break;
            }
            bool kept = size > 0.1;
            if (kept) {
                b_ += size * db_;
                for (std::size_t j = 0; j < i; ++j) w_[j] += size * d_[j];
                for (std::size_t g = 0; g < groups_; ++g) t_[g] += size * dt_[g];
            }
            std::fill_n(d_.begin(), i, 0.0);
            if (kept && size == 1.0 && gain < out_.tolerance) return;
            if (promised < 1e-3 * out_.tolerance) return;
            damping = size == 1.0 ? 0.2 * damping : std::max(5.0 * damping, 1e-4);
        }
    }

    // The step d_, db_ to the minimum of the quadratic model; what the slope promises it to gain.
    template <typename Stop>
    double direction(std::size_t i, double l1, double l2, double damping, Stop&& stop) {
        std::fill_n(by_weight_.begin(), i, Derivatives{});
        double intercept = 0.0, most = 0.0;
        for (std::size_t g = 0; g < groups_; ++g) {
            intercept += residual_[g];
            most += weight_[g];
            auto [p, end] = ones_of(g);
            for (; p < end; ++p) {
                by_weight_[*p].first += residual_[g];
                by_weight_[*p].second += curvature_[g];
                by_weight_[*p].most += weight_[g];
            }
        }
        k_ = 0;
        for (std::size_t j = 0; j < i; ++j) {
            bool inside = w_[j] != 0.0 || std::abs(by_weight_[j].first) > l1;
            place_[j] = inside ? static_cast<std::int32_t>(k_) : -1;
            if (inside) active_[k_++] = static_cast<std::uint32_t>(j);
        }
        double scale = curvature() + 0.25 * damping * most;
        // The intercept is minimised out of the model, so that the sweeps need not find it.
        for (std::size_t a = 0; a < k_; ++a) {
            const Derivatives& by = by_weight_[active_[a]];
            double* row = H_.get() + a * k_;
            row[a] = std::max(row[a], by.second) + 0.25 * damping * by.most + l2;
            mean_[a] /= scale;
            slope_[a] = by.first - mean_[a] * intercept + l2 * w_[active_[a]];
            double floor = 1e-6 * row[a] + 1e-9;
            for (std::size_t c = 0; c <= a; ++c) row[c] -= scale * mean_[a] * mean_[c];
            row[a] = std::max(row[a], 0.0) + floor;
        }
        for (std::size_t a = 0; a < k_; ++a)
            for (std::size_t c = 0; c < a; ++c) H_[c * k_ + a] = H_[a * k_ + c];
        descend(l1, stop);
        double promised = 0.0;
        db_ = -intercept / scale;
        for (std::size_t a = 0; a < k_; ++a) {
            std::size_t j = active_[a];
            promised -= (by_weight_[j].first + l2 * w_[j]) * d_[j] + l1 * (std::abs(w_[j] + d_[j]) - std::abs(w_[j]));
            db_ -= mean_[a] * d_[j];
        }
        return promised - intercept * db_;
    }

    // Second derivatives for the active columns, lower triangle, into H_, those with the intercept
    // into mean_; returns that of the intercept. Rows of little curvature are thinned out evenly
    // along their order, in which neighbours are alike, and those left stand for the others.
    double curvature() {
        std::fill_n(H_.get(), k_ * k_, 0.0);
        std::fill_n(mean_.begin(), k_, 0.0);
        double total = 0.0;
        for (std::size_t g = 0; g < groups_; ++g) total += curvature_[g];
        std::size_t rows = ROWS_PER_COLUMN * k_ + FEWEST_ROWS;
        double least = groups_ > rows ? total / static_cast<double>(rows) : 0.0, carried = 0.5 * least, scale = 1e-9;
        for (std::size_t g = 0; g < groups_; ++g) {
            double c = curvature_[g];
            if (c < least) {
                carried += c;
                if (carried < least) continue;
                carried -= least;
                c = least;
            }
            scale += c;
            std::size_t count = 0;
            for (auto [p, end] = ones_of(g); p < end; ++p)
                if (place_[*p] >= 0) listed_[count++] = static_cast<std::uint32_t>(place_[*p]);
            for (std::size_t a = 0; a < count; ++a) {
                mean_[listed_[a]] += c;
                double* row = H_.get() + listed_[a] * k_;
                for (std::size_t q = 0; q <= a; ++q) row[listed_[q]] += c;
            }
        }
        return scale;
    }

    // Coordinate descent on the model; slope_ is its gradient at d_.
    template <typename Stop>
    void descend(double l1, Stop&& stop) {
        double largest = 0.0;
        for (int sweep = 0; sweep < MOST_SWEEPS && !stop(); ++sweep) {
            double gain = 0.0;
            for (std::size_t a = 0; a < k_; ++a) {
                std::size_t j = active_[a];
                const double* row = H_.get() + a * k_;
                double at = w_[j] + d_[j], to = soft(at - slope_[a] / row[a], l1 / row[a]), change = to - at;
                if (change == 0.0) continue;
                d_[j] += change;
                for (std::size_t c = 0; c < k_; ++c) slope_[c] += change * row[c];
                gain += change * change * row[a];
            }
            largest = std::max(largest, gain);
            if (gain <= SWEPT * largest) return;
        }
    }

    const Table& table_;
    const Regressions& out_;
    std::vector<std::uint32_t> length_, row_;            // (rows,) ones before column i; (groups,)
    std::vector<double> weight_, ones_;                  // (groups,)
    std::vector<double> t_, dt_, residual_, curvature_;  // (groups,)
    std::vector<double> w_, d_, slope_, mean_;           // (n,)
    std::vector<Derivatives> by_weight_;                 // (n,)
    std::vector<std::uint32_t> active_;                  // (k,) columns in the model
    std::vector<std::int32_t> place_;                    // (n,) where in `active_`, or -1
    std::vector<std::uint32_t> listed_;                  // places of a row's ones
    std::unique_ptr<double[]> H_;                        // (k, k); pages are taken when they are used
    std::size_t groups_ = 0, k_ = 0;
    double b_ = 0.0, db_ = 0.0;
};

}  // namespace

void fit_regressions(const Regressions& out, const Table& table, int threads, Poll poll) {
    std::vector<std::unique_ptr<Solver>> solvers;
    for (int thread = 0; thread < threads; ++thread) solvers.push_back(std::make_unique<Solver>(table, out));
    Interrupt interrupt(poll);
    // The last columns take longest and come first.
    parallel_for(out.n, threads, [&](std::size_t item, int thread) {
        if (!interrupt.asked(thread))
            solvers[thread]->fit(out.n - 1 - item, [&interrupt, thread] { return interrupt.asked(thread); });
    });
    interrupt.raise();
}

}  // namespace ardens
