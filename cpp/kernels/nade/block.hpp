// NADE: a block of four features, in slices of units.
#pragma once

#include "kernels/nade/state.hpp"
#include "kernels/sums.hpp"

namespace {

// What a sweep needs of a block of four features, and all or some of the units.
struct NadeBlock {
    const float* V;      // four rows of K units
    const float* steps;  // four rows of K units
    const float* b;      // four biases; null where logits are added to those that are there
    std::size_t K, stride;

    v4f before(const float* out) const { return load4(b ? b : out); }  // what products are added to
    NadeBlock next() const { return {V + BLOCK * stride, steps + BLOCK * stride, b ? b + BLOCK : b, K, stride}; }
};

inline NadeBlock nade_block(const View& model, const float* steps, std::size_t block) {
    NadePlan plan(model.shape);
    std::size_t row = BLOCK * block * plan.stride;
    return {model.params + plan.V + row, steps + row, model.params + plan.b + BLOCK * block, plan.units, plan.stride};
}

// Units in slices of as many as stay in the caches: their rows of V and the steps of a block in the first one, their
// states of a tile in the second. f(first unit, block of the slice)
template <typename F>
inline void nade_each_slice(const NadeBlock& block, F f) {
    constexpr std::size_t MOST = 768;
    std::size_t slices = (block.K + MOST - 1) / MOST, each = pad((block.K + slices - 1) / slices, PART);
    for (std::size_t k = 0; k < block.K; k += each) {
        std::size_t count = each < block.K - k ? each : block.K - k;
        f(k, NadeBlock{block.V + k, block.steps + k, k ? nullptr : block.b, count, block.stride});
    }
}

// Fetches the block that comes next into the second-level cache, a share of it with every row: at once, it
// would keep the row that comes then waiting.
class NadeAhead {
  public:
    NadeAhead(const NadeBlock& block, bool last, std::size_t rows)
        : block_(block), left_(last ? 0 : BLOCK * block.K), share_(pad(left_ / (rows + 1) + 1, LINE)) {}
    ~NadeAhead() { fetch(left_); }
    void fetch() { fetch(share_ < left_ ? share_ : left_); }

  private:
    void fetch(std::size_t floats) {
        for (std::size_t end = left_ - floats; left_ > end;) {
            left_ -= LINE;
            if (unit_ == block_.K) {
                unit_ = 0;
                row_ += block_.stride;
            }
            __builtin_prefetch(block_.V + row_ + unit_, 0, 2);
            __builtin_prefetch(block_.steps + row_ + unit_, 0, 2);
            unit_ += LINE;
        }
    }
    NadeBlock block_;
    std::size_t left_, share_, unit_ = 0, row_ = BLOCK * block_.stride;
};

}  // namespace
