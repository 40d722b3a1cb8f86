// What the machine can do at best, measured: what kernels are held against in benchmarks.
#pragma once

#include <cstddef>

namespace ardens {

// Multiply-adds of float32 from register to register, in 10^9 a second, all threads together.
double measure_multiply_adds(int threads);

// Reading of `bytes` bytes over and over by every thread, in 10^9 bytes a second, all threads together.
double measure_reading(std::size_t bytes, int threads);

// Instructions that do nothing, in 10^9 a second, all threads together. Where somebody else works on a core's other
// hardware thread it is half of what it is else, while multiply-adds from registers are hardly fewer.
double measure_instructions(int threads);

}  // namespace ardens
