// Loops that do nothing but multiply-add in registers, or nothing but read: what the machine can do at best.
#pragma once

#include "kernels/lanes.hpp"

namespace {

// Independent sums: enough for the latency of two pipes, few enough to stay in registers.
constexpr std::size_t CHAINS = LANES == 16 ? 16 : 12;

// The number of multiply-adds done; `out` holds LANES floats and keeps the loop from being dropped.
double multiply_adds(float* out, std::size_t rounds) {
    vf sum[CHAINS], x = splat(out[0]), y = splat(out[1]);
    for (std::size_t i = 0; i < CHAINS; ++i) sum[i] = splat(static_cast<float>(i));
    for (std::size_t r = 0; r < rounds; ++r)
#pragma GCC unroll 16
        for (std::size_t i = 0; i < CHAINS; ++i) sum[i] = fma(sum[i], x, y);
    vf total{};
    for (std::size_t i = 0; i < CHAINS; ++i) total += sum[i];
    store(out, total);
    return static_cast<double>(rounds * CHAINS * LANES);
}

// Reads `count` floats, a multiple of 256, into registers, over and over.
void read(float* out, const float* data, std::size_t count, std::size_t times) {
    constexpr std::size_t AT_ONCE = 8;
    vf sum[AT_ONCE] = {};
    for (std::size_t t = 0; t < times; ++t) {
        const float* again = opaque(data);
        for (std::size_t i = 0; i < count; i += AT_ONCE * LANES)
#pragma GCC unroll 8
            for (std::size_t j = 0; j < AT_ONCE; ++j) sum[j] += load(again + i + j * LANES);
    }
    vf total{};
    for (std::size_t j = 0; j < AT_ONCE; ++j) total += sum[j];
    store(out, total);
}

constexpr CeilingKernels ceiling_kernels = {multiply_adds, read};

}  // namespace
