// A step of Newton's method for one regression: the minimum of a quadratic model of its loss, and of the penalty.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/interrupt.hpp"
#include "solvers/groups.hpp"

namespace ardens {

struct Penalty {  // l1 |w|_1 + l2 / 2 |w|^2
    double l1, l2;
};

class NewtonStep {
  public:
    // Everything is allocated here, before the threads start.
    NewtonStep(const Groups& groups, std::size_t n, Interrupt& interrupt, int thread);

    std::vector<double> w;  // (n,)
    double b = 0.0;

    // Of the regression on i columns from the weights `at`, by the first and second derivatives of the loss by t, one
    // for each group. Returns what the slope promises the step to gain. An interrupt ends it before it is good.
    double find(std::size_t i, const std::vector<double>& at, const std::vector<double>& residual,
                const std::vector<double>& curvature, Penalty penalty, double damping);
    void clear(std::size_t i);

  private:
    // Derivatives of the loss by a weight, and four times the most that the second can be.
    struct Derivatives {
        double first = 0.0, second = 0.0, most = 0.0;
    };
    double sum_curvatures(const std::vector<double>& curvature);
    void descend(const std::vector<double>& at, double l1);

    const Groups& groups_;
    Interrupt& interrupt_;
    int thread_;
    std::vector<Derivatives> by_weight_;  // (n,)
    std::vector<double> slope_, mean_;    // (k,)
    std::vector<std::uint32_t> active_;   // (k,) columns in the model
    std::vector<std::int32_t> place_;     // (n,) where in `active_`, or -1
    std::vector<std::uint32_t> listed_;   // places of a row's ones
    std::unique_ptr<double[]> H_;         // (k, k); pages are taken when they are used
    std::size_t k_ = 0;
};

}  // namespace ardens
