// Codes: an automaton of arrays, and what is made of whole rows by it.
#include "engine/codes.hpp"

#include <pybind11/stl.h>

#include <memory>
#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/bindings.hpp"

namespace ardens {
namespace {

std::shared_ptr<Codes> make_codes(const py::array& steps, std::vector<std::size_t> level,
                                  std::vector<std::size_t> column) {
    py::ssize_t count = extent(steps, 0);
    const auto* next = pointer<const std::int32_t>(steps, "steps", {count, 2});
    std::vector<Step> its(static_cast<std::size_t>(count));
    for (py::ssize_t s = 0; s < count; ++s) its[static_cast<std::size_t>(s)] = {{next[2 * s], next[2 * s + 1]}};
    return std::make_shared<Codes>(std::move(its), std::move(level), std::move(column));
}

Rows rows_of(const Codes& codes, const py::array& X) {
    py::ssize_t rows = extent(X, 0);
    return {pointer<const std::uint8_t>(X, "X", {rows, extent(codes.n_bits())}), static_cast<std::size_t>(rows)};
}

std::ptrdiff_t encode_leaves(const Codes& codes, const py::array& leaves, const py::array& X, int threads) {
    py::ssize_t rows = extent(leaves, 0);
    const auto* in = pointer<const std::int64_t>(leaves, "leaves", {rows, extent(codes.n_columns())});
    auto* out = pointer<std::uint8_t>(X, "X", {rows, extent(codes.n_bits())});
    threads = thread_count(threads);
    py::gil_scoped_release release;
    return encode(out, codes, in, static_cast<std::size_t>(rows), threads, poll_signals);
}

std::ptrdiff_t decode_bits(const Codes& codes, const py::array& X, const py::array& leaves, int threads) {
    Rows in = rows_of(codes, X);
    auto* out = pointer<std::int64_t>(leaves, "leaves", {extent(in.count), extent(codes.n_columns())});
    threads = thread_count(threads);
    py::gil_scoped_release release;
    return decode(out, codes, in, threads, poll_signals);
}

std::ptrdiff_t impossible(const Codes& codes, const py::array& cells, int threads) {
    Rows in = rows_of(codes, cells);
    threads = thread_count(threads);
    py::gil_scoped_release release;
    return first_impossible(codes, in, threads, poll_signals);
}

}  // namespace

void bind_codes(py::module_& m) {
    using namespace py::literals;
    py::class_<Codes, std::shared_ptr<Codes>>(m, "Codes")
        .def(py::init(&make_codes), "steps"_a, "level"_a, "column"_a)
        .def_property_readonly("n_bits", &Codes::n_bits)
        .def_readonly("n_leaves", &Codes::leaves)
        .def("encode", encode_leaves, "leaves"_a, "X"_a, "threads"_a)
        .def("decode", decode_bits, "X"_a, "leaves"_a, "threads"_a)
        .def("first_impossible", impossible, "cells"_a, "threads"_a);
}

}  // namespace ardens
