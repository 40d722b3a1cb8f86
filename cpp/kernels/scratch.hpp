// Memory by layouts. A layout is a struct whose constructor takes array after array from a Scratch:
//
//     struct Layout {
//         Moves* moves;
//         float* sums;
//         Layout(Scratch& memory, Shape s) : moves(memory.take<Moves>(n_blocks(s))), sums(memory.take<float>(s.n)) {}
//     };
//
// The same constructor gives its size, by counting, and its pointers: they cannot disagree.
#pragma once

#include <type_traits>

#include "kernels/contract.hpp"

namespace {

class Scratch {
  public:
    Scratch() = default;  // of no memory, to count
    explicit Scratch(const void* memory) : next_(reinterpret_cast<std::uintptr_t>(memory)) {}

    // Every array begins on a cache line if the memory does.
    template <typename T>
    T* take(std::size_t count) {
        constexpr std::size_t BYTES = LINE * sizeof(float);
        static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= BYTES);
        T* taken = reinterpret_cast<T*>(next_);
        next_ += pad(count * sizeof(T), BYTES);
        return taken;
    }
    std::size_t counted() const { return next_ / sizeof(float); }

  private:
    std::uintptr_t next_ = 0;
};

// Floats that a layout takes, in whole lines.
template <typename Layout, typename... Sizes>
inline std::size_t floats_of(Sizes... sizes) {
    Scratch memory;
    Layout(memory, sizes...);
    return memory.counted();
}

template <typename Layout, typename... Sizes>
inline Layout lay_out(const float* memory, Sizes... sizes) {
    Scratch scratch(memory);
    return Layout(scratch, sizes...);
}

}  // namespace
