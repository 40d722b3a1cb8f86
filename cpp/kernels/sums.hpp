// Sums in the 16 lanes of a line. A level with narrower registers takes the lanes by turns, and all fold them by one
// tree: 8 + 8, 4 + 4, 2 + 2, 1 + 1. Folds are always inlined: their sums then stay in registers (up to 12 % of a small
// NADE's log_prob), which would else depend on how much gcc has inlined elsewhere.
#pragma once

#include "kernels/lanes.hpp"

namespace {

typedef float v4f __attribute__((vector_size(16)));
typedef float v8f __attribute__((vector_size(32)));

inline v4f load4(const float* p) {
    v4f v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
inline void store4(float* p, v4f v) { std::memcpy(p, &v, sizeof v); }

// The lanes of a sum, in as many registers as they take.
struct Sum {
    vf reg[LINE / LANES];
};
[[gnu::always_inline]] inline v8f fold_to_8(const Sum& sum) {
#if defined(__AVX512F__)
    return __builtin_shufflevector(sum.reg[0], sum.reg[0], 0, 1, 2, 3, 4, 5, 6, 7) +
           __builtin_shufflevector(sum.reg[0], sum.reg[0], 8, 9, 10, 11, 12, 13, 14, 15);
#elif defined(__AVX__)
    return sum.reg[0] + sum.reg[1];
#else
    return __builtin_shufflevector(sum.reg[0], sum.reg[1], 0, 1, 2, 3, 4, 5, 6, 7) +
           __builtin_shufflevector(sum.reg[2], sum.reg[3], 0, 1, 2, 3, 4, 5, 6, 7);
#endif
}
// Four lanes left of a in the lower half, four of b in the upper one.
[[gnu::always_inline]] inline v8f fold_to_4(v8f a, v8f b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}
// Two lanes left of each.
[[gnu::always_inline]] inline v8f fold_to_2(v8f a, v8f b) {
    return __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) +
           __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
}
[[gnu::always_inline]] inline v8f fold_to_1(v8f a, v8f b) {
    return __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14) +
           __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
}
// Eight sums at once, four of each.
[[gnu::always_inline]] inline v8f fold8(const Sum* sums, const Sum* more) {
    v8f pair[4];
    for (std::size_t q = 0; q < 4; ++q) pair[q] = fold_to_4(fold_to_8(sums[q]), fold_to_8(more[q]));
    return fold_to_1(fold_to_2(pair[0], pair[1]), fold_to_2(pair[2], pair[3]));
}
// Four sums at once.
[[gnu::always_inline]] inline v4f fold4(const Sum* sums) {
    v8f a = fold_to_4(fold_to_8(sums[0]), fold_to_8(sums[2])), b = fold_to_4(fold_to_8(sums[1]), fold_to_8(sums[3]));
    v8f two = fold_to_2(a, b);  // of sums 0 and 1, then of 2 and 3
    v4f low = __builtin_shufflevector(two, two, 0, 1, 2, 3), high = __builtin_shufflevector(two, two, 4, 5, 6, 7);
    return __builtin_shufflevector(low, high, 0, 2, 4, 6) + __builtin_shufflevector(low, high, 1, 3, 5, 7);
}

}  // namespace
