// Parts of equal work, where each feature looks back at all earlier ones.
#pragma once

#include <cstddef>

namespace {

// Calls f with each member of the parts [begin, end), where part p is members p and count - 1 - p:
// a late feature has more predecessors than an early one, such a pair always as many.
template <typename F>
constexpr void each_member(std::size_t count, std::size_t begin, std::size_t end, F f) {
    for (std::size_t p = begin; p < end; ++p) {
        f(p);
        if (count - 1 - p != p) f(count - 1 - p);
    }
}

}  // namespace
