// Bits that come in, and the random words that bits are drawn by.
#include <pybind11/stl.h>

#include <array>

#include "bindings/arrays.hpp"
#include "bindings/bindings.hpp"
#include "engine/rows.hpp"
#include "kernels/philox.hpp"

namespace ardens {
namespace {

// Flat index of the first value above 1, or -1.
py::ssize_t check_binary(const py::array& X) {
    const auto* begin = pointer<const std::uint8_t>(X, "X", {extent(X, 0), extent(X, 1)});
    const std::uint8_t* end = begin + X.size();
    py::gil_scoped_release release;
    const std::uint8_t* bad = first_above_one(begin, end);
    return bad == end ? -1 : bad - begin;
}

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    std::uint32_t words[4] = {counter[0], counter[1], counter[2], counter[3]};
    philox_rounds(words, key[0], key[1]);
    return {words[0], words[1], words[2], words[3]};
}

// What word 0 of the blocks (row, 0, stream) stands for, between 0 and 1, for rows from `start`.
py::array_t<double> uniforms(std::uint64_t seed, std::uint64_t start, std::size_t count, std::uint32_t stream) {
    py::array_t<double> out(static_cast<py::ssize_t>(count));
    double* values = out.mutable_data();
    auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
    for (std::size_t r = 0; r < count; ++r) {
        std::uint64_t row = start + r;
        std::uint32_t words[4] = {low(row), low(row >> 32), 0, stream};
        philox_rounds(words, low(seed), low(seed >> 32));
        values[r] = (words[0] + 0.5) * 0x1p-32;
    }
    return out;
}

}  // namespace

void bind_bits(py::module_& m) {
    using namespace py::literals;
    m.def("check_binary", check_binary, "X"_a);
    m.def("philox", philox, "counter"_a, "key"_a);
    m.def("uniforms", uniforms, "seed"_a, "start"_a, "count"_a, "stream"_a);
}

}  // namespace ardens
