#include "solvers/newton.hpp"

#include <algorithm>
#include <cmath>

#include "engine/isa.hpp"

namespace ardens {
namespace {

// Sweeps end when one gains so little of what the best of them gained: the model is no better.
constexpr int MOST_SWEEPS = 100;
constexpr double SWEPT = 1e-3;

// Rows that a curvature is taken from, for each of its columns: their sampling error slows the
// steps down, and moves no optimum.
constexpr std::size_t ROWS_PER_COLUMN = 8, FEWEST_ROWS = 1024;
std::size_t words_of(std::size_t k) { return (ROWS_PER_COLUMN * k + FEWEST_ROWS) / 64; }

double soft(double value, double threshold) {
    return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0.0;
}

}  // namespace

NewtonStep::NewtonStep(const Strip& strip, const SortedRows& rows, Interrupt& interrupt, int thread)
    : strip_(strip),
      interrupt_(interrupt),
      thread_(thread),
      total_(rows.total),
      most_(rows.ones_of),
      at_(rows.n),
      w_(rows.n),
      slope_(rows.n),
      mean_(rows.n),
      active_(rows.n),
      place_(rows.n),
      listed_(rows.n),
      bits_(new std::uint64_t[rows.n * words_of(rows.n)]),
      H_(new double[rows.n * rows.n]) {}

double NewtonStep::find(std::size_t lane, std::vector<Lanes>& step, double& b, Penalty penalty, double damping) {
    auto [l1, l2] = penalty;
    std::size_t i = strip_.begin + lane;
    std::fill_n(place_.begin(), i + strip_.lanes - lane, -1);
    k_ = 0;
    for (std::size_t j = 0; j < i; ++j) {
        double at = strip_.w[j][lane];
        step[j][lane] = 0.0;
        if (at == 0.0 && std::abs(strip_.first[j][lane]) <= l1) continue;
        at_[k_] = at;
        w_[k_] = 0.0;
        place_[j] = static_cast<std::int32_t>(k_);
        active_[k_++] = static_cast<std::uint32_t>(j);
    }
    double scale = sum_curvatures(lane) + 0.25 * damping * total_, intercept = strip_.slope[lane];
    // The intercept is minimised out of the model, so that the sweeps need not find it.
    for (std::size_t a = 0; a < k_; ++a) {
        std::size_t j = active_[a];
        double* row = H_.get() + a * k_;
        mean_[a] = row[a] / scale;
        row[a] = std::max(row[a], strip_.second[j][lane]) + 0.25 * damping * most_[j] + l2;
        slope_[a] = strip_.first[j][lane] - mean_[a] * intercept + l2 * at_[a];
        double floor = 1e-6 * row[a] + 1e-9;
        for (std::size_t c = 0; c <= a; ++c) row[c] -= scale * mean_[a] * mean_[c];
        row[a] = std::max(row[a], 0.0) + floor;
    }
    for (std::size_t a = 0; a < k_; ++a)
        for (std::size_t c = 0; c < a; ++c) H_[c * k_ + a] = H_[a * k_ + c];
    descend(l1);
    double promised = 0.0;
    b = -intercept / scale;
    for (std::size_t a = 0; a < k_; ++a) {
        std::size_t j = active_[a];
        promised -= (strip_.first[j][lane] + l2 * at_[a]) * w_[a] + l1 * (std::abs(at_[a] + w_[a]) - std::abs(at_[a]));
        b -= mean_[a] * w_[a];
        step[j][lane] = w_[a];
    }
    return promised - intercept * b;
}

// Second derivatives for the active columns, lower triangle, into H_; returns that of the intercept. Of many rows, so
// many are taken that each stands for as much curvature, evenly along their order, in which neighbours are alike.
double NewtonStep::sum_curvatures(std::size_t lane) {
    std::size_t i = strip_.begin + lane;
    const float* curvature = strip_.curvature.data() + lane * strip_.stride();
    std::size_t words = words_of(k_), most = 64 * words, taken = 0;
    bool some = strip_.count > most, dense = some && are_dense();
    double unit = some ? strip_.curved[lane] / static_cast<double>(most) : 1.0, carried = 0.5, sum = 0.0, *H = H_.get();
    if (dense)
        std::fill_n(bits_.get(), k_ * words, 0);
    else
        std::fill_n(H, k_ * k_, 0.0);
    for (std::size_t g = 0; g < strip_.count; ++g) {
        double times = static_cast<double>(curvature[g]);
        if (some) {
            carried += times / unit;
            if (!(carried >= 1.0)) continue;
            times = std::floor(carried);
            carried -= times;
        }
        if (times == 0.0) continue;
        sum += times;
        std::size_t count = list(g, i);
        if (!dense) {
            for (std::size_t a = 0; a < count; ++a) {
                double* row = H + listed_[a] * k_;
                for (std::size_t q = 0; q <= a; ++q) row[listed_[q]] += times;
            }
            continue;
        }
        for (; times > 0.0 && taken < most; times -= 1.0, ++taken)
            for (std::size_t a = 0; a < count; ++a)
                bits_[listed_[a] * words + taken / 64] |= std::uint64_t{1} << taken % 64;
    }
    for (std::size_t a = 0; a < k_ && !interrupt_.asked(thread_); ++a) {
        if (dense) kernels().regressions.common(H + a * k_, bits_.get() + a * words, bits_.get(), a + 1, words);
        for (std::size_t c = 0; c <= a; ++c) H[a * k_ + c] *= unit;
    }
    return sum * unit + 1e-9;
}

// Places of the ones of row g in active columns, all of which are before column i; how many.
std::size_t NewtonStep::list(std::size_t g, std::size_t i) {
    const std::int32_t* place = place_.data();
    std::uint32_t* listed = listed_.data();
    std::size_t count = 0;
    for (auto [p, end] = strip_.list(g); p < end && *p < i; ++p) {
        listed[count] = static_cast<std::uint32_t>(place[*p]);
        count += place[*p] >= 0;
    }
    return count;
}

// Whether pairs of columns are counted sooner, 64 rows at once, than the pairs of a row's ones. Both count the same.
bool NewtonStep::are_dense() const {
    double ones = 0.0, k = static_cast<double>(k_);
    for (std::size_t a = 0; a < k_; ++a) ones += most_[active_[a]] / total_;
    return 256.0 * ones * (ones + 1.0) > k * k;
}

// Coordinate descent on the model; slope_ is its gradient at the step so far.
void NewtonStep::descend(double l1) {
    double largest = 0.0;
    for (int sweep = 0; sweep < MOST_SWEEPS && !interrupt_.asked(thread_); ++sweep) {
        double gain = 0.0;
        for (std::size_t a = 0; a < k_; ++a) {
            const double* row = H_.get() + a * k_;
            double from = at_[a] + w_[a], to = soft(from - slope_[a] / row[a], l1 / row[a]), change = to - from;
            if (change == 0.0) continue;
            w_[a] += change;
            for (std::size_t c = 0; c < k_; ++c) slope_[c] += change * row[c];
            gain += change * change * row[a];
        }
        largest = std::max(largest, gain);
        if (gain <= SWEPT * largest) return;
    }
}

}  // namespace ardens
