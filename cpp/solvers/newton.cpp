#include "solvers/newton.hpp"

#include <algorithm>
#include <cmath>

namespace ardens {
namespace {

// Sweeps end when one gains so little of what the best of them gained: the model is no better.
constexpr int MOST_SWEEPS = 100;
constexpr double SWEPT = 1e-3;

// Rows that a curvature is taken from, for each of its columns: their sampling error slows the
// steps down, and moves no optimum.
constexpr std::size_t ROWS_PER_COLUMN = 16, FEWEST_ROWS = 1024;

double soft(double value, double threshold) {
    return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0.0;
}

}  // namespace

NewtonStep::NewtonStep(const Groups& groups, std::size_t n, Interrupt& interrupt, int thread)
    : w(n),
      groups_(groups),
      interrupt_(interrupt),
      thread_(thread),
      by_weight_(n),
      slope_(n),
      mean_(n),
      active_(n),
      place_(n),
      listed_(n),
      H_(new double[n * n]) {}

void NewtonStep::clear(std::size_t i) { std::fill_n(w.begin(), i, 0.0); }

double NewtonStep::find(std::size_t i, const std::vector<double>& at, const std::vector<double>& residual,
                        const std::vector<double>& curvature, Penalty penalty, double damping) {
    auto [l1, l2] = penalty;
    std::fill_n(by_weight_.begin(), i, Derivatives{});
    double intercept = 0.0, most = 0.0;
    for (std::size_t g = 0; g < groups_.count; ++g) {
        intercept += residual[g];
        most += groups_.weight[g];
        auto [p, end] = groups_.list(g);
        for (; p < end; ++p) {
            by_weight_[*p].first += residual[g];
            by_weight_[*p].second += curvature[g];
            by_weight_[*p].most += groups_.weight[g];
        }
    }
    k_ = 0;
    for (std::size_t j = 0; j < i; ++j) {
        bool inside = at[j] != 0.0 || std::abs(by_weight_[j].first) > l1;
        place_[j] = inside ? static_cast<std::int32_t>(k_) : -1;
        if (inside) active_[k_++] = static_cast<std::uint32_t>(j);
    }
    double scale = sum_curvatures(curvature) + 0.25 * damping * most;
    // The intercept is minimised out of the model, so that the sweeps need not find it.
    for (std::size_t a = 0; a < k_; ++a) {
        const Derivatives& by = by_weight_[active_[a]];
        double* row = H_.get() + a * k_;
        row[a] = std::max(row[a], by.second) + 0.25 * damping * by.most + l2;
        mean_[a] /= scale;
        slope_[a] = by.first - mean_[a] * intercept + l2 * at[active_[a]];
        double floor = 1e-6 * row[a] + 1e-9;
        for (std::size_t c = 0; c <= a; ++c) row[c] -= scale * mean_[a] * mean_[c];
        row[a] = std::max(row[a], 0.0) + floor;
    }
    for (std::size_t a = 0; a < k_; ++a)
        for (std::size_t c = 0; c < a; ++c) H_[c * k_ + a] = H_[a * k_ + c];
    descend(at, l1);
    double promised = 0.0;
    b = -intercept / scale;
    for (std::size_t a = 0; a < k_; ++a) {
        std::size_t j = active_[a];
        promised -= (by_weight_[j].first + l2 * at[j]) * w[j] + l1 * (std::abs(at[j] + w[j]) - std::abs(at[j]));
        b -= mean_[a] * w[j];
    }
    return promised - intercept * b;
}

// Second derivatives for the active columns, lower triangle, into H_, those with the intercept
// into mean_; returns that of the intercept. Rows of little curvature are thinned out evenly
// along their order, in which neighbours are alike, and those left stand for the others.
double NewtonStep::sum_curvatures(const std::vector<double>& curvature) {
    std::fill_n(H_.get(), k_ * k_, 0.0);
    std::fill_n(mean_.begin(), k_, 0.0);
    double total = 0.0;
    for (std::size_t g = 0; g < groups_.count; ++g) total += curvature[g];
    std::size_t rows = ROWS_PER_COLUMN * k_ + FEWEST_ROWS;
    double least = groups_.count > rows ? total / static_cast<double>(rows) : 0.0, carried = 0.5 * least, scale = 1e-9;
    for (std::size_t g = 0; g < groups_.count; ++g) {
        double c = curvature[g];
        if (c < least) {
            carried += c;
            if (carried < least) continue;
            carried -= least;
            c = least;
        }
        scale += c;
        std::size_t count = 0;
        for (auto [p, end] = groups_.list(g); p < end; ++p)
            if (place_[*p] >= 0) listed_[count++] = static_cast<std::uint32_t>(place_[*p]);
        for (std::size_t a = 0; a < count; ++a) {
            mean_[listed_[a]] += c;
            double* row = H_.get() + listed_[a] * k_;
            for (std::size_t q = 0; q <= a; ++q) row[listed_[q]] += c;
        }
    }
    return scale;
}

// Coordinate descent on the model; slope_ is its gradient at the step so far.
void NewtonStep::descend(const std::vector<double>& at, double l1) {
    double largest = 0.0;
    for (int sweep = 0; sweep < MOST_SWEEPS && !interrupt_.asked(thread_); ++sweep) {
        double gain = 0.0;
        for (std::size_t a = 0; a < k_; ++a) {
            std::size_t j = active_[a];
            const double* row = H_.get() + a * k_;
            double from = at[j] + w[j], to = soft(from - slope_[a] / row[a], l1 / row[a]), change = to - from;
            if (change == 0.0) continue;
            w[j] += change;
            for (std::size_t c = 0; c < k_; ++c) slope_[c] += change * row[c];
            gain += change * change * row[a];
        }
        largest = std::max(largest, gain);
        if (gain <= SWEPT * largest) return;
    }
}

}  // namespace ardens
