// A step of Newton's method for one regression: the minimum of a quadratic model of its loss, and of the penalty.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/interrupt.hpp"
#include "solvers/strip.hpp"

namespace ardens {

struct Penalty {  // l1 |w|_1 + l2 / 2 |w|^2
    double l1, l2;
};

class NewtonStep {
  public:
    // Everything is allocated here, before the threads start.
    NewtonStep(const Strip& strip, const SortedRows& rows, Interrupt& interrupt, int thread);

    // Of a lane of the strip, from its weights, by its derivatives: into step (n,), and its step of the intercept
    // into b. Returns what the slope promises it to gain. An interrupt ends it before it is good.
    double find(std::size_t lane, std::vector<Lanes>& step, double& b, Penalty penalty, double damping);

  private:
    double sum_curvatures(std::size_t lane);
    std::size_t list(std::size_t g, std::size_t i);
    bool are_dense() const;
    void descend(double l1);

    const Strip& strip_;
    Interrupt& interrupt_;
    int thread_;
    double total_;                       // weight of all rows
    const std::vector<double>& most_;    // (n,) weight of the rows with a one: four times the most of a curvature
    std::vector<double> at_, w_;         // (k,) weights, and their step
    std::vector<double> slope_, mean_;   // (k,)
    std::vector<std::uint32_t> active_;  // (k,) columns in the model
    std::vector<std::int32_t> place_;    // (n,) where in `active_`, or -1
    std::vector<std::uint32_t> listed_;  // places of a row's ones
    // Pages are taken when they are used.
    std::unique_ptr<std::uint64_t[]> bits_;  // (k, words) of the rows that are taken, those with a one in a column
    std::unique_ptr<double[]> H_;            // (k, k)
    std::size_t k_ = 0;
};

}  // namespace ardens
