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

}  // namespace

void bind_bits(py::module_& m) {
    using namespace py::literals;
    m.def("check_binary", check_binary, "X"_a);
    m.def("philox", philox, "counter"_a, "key"_a);
}

}  // namespace ardens
