// FVSBN's convex problem.
#include "solvers/logistic.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "bindings/arrays.hpp"
#include "bindings/bindings.hpp"

namespace ardens {
namespace {

SortedRows sorted_rows(const py::array& X, const std::optional<py::array>& weights,
                       const std::optional<py::array>& forced) {
    py::ssize_t rows = extent(X, 0), n = extent(X, 1);
    Rows in{pointer<const std::uint8_t>(X, "X", {rows, n}), static_cast<std::size_t>(rows)};
    if (rows == 0) throw py::value_error("X must have at least one row; got 0");
    if (const std::uint8_t* end = in.X + X.size(); first_above_one(in.X, end) != end)
        throw py::value_error("X must be zeros and ones");
    const double* each = weights ? pointer<const double>(*weights, "weights", {rows}) : nullptr;
    if (each && !std::all_of(each, each + rows, [](double w) { return w > 0.0 && std::isfinite(w); }))
        throw py::value_error("weights must be finite numbers above 0");
    const auto* bits = forced ? pointer<const std::uint8_t>(*forced, "forced", {rows, n}) : nullptr;
    py::gil_scoped_release release;
    return SortedRows(in, each, bits, static_cast<std::size_t>(n), poll_signals);
}

std::size_t regressions(const py::array& W, const py::array& b, const SortedRows& rows, const py::array& penalty,
                        double l1_ratio, double tolerance, int threads) {
    py::ssize_t n = extent(rows.n);
    Regressions out{pointer<double>(W, "W", {n, n}),
                    pointer<double>(b, "b", {n}),
                    pointer<const double>(penalty, "penalty", {n}),
                    l1_ratio,
                    tolerance,
                    rows.n};
    threads = thread_count(threads);
    py::gil_scoped_release release;
    return fit_regressions(out, rows, threads, poll_signals);
}

double strongest(const SortedRows& rows, int threads) {
    threads = thread_count(threads);
    py::gil_scoped_release release;
    return largest_gradient(rows, threads, poll_signals);
}

}  // namespace

void bind_solvers(py::module_& m) {
    using namespace py::literals;
    py::class_<SortedRows>(m, "SortedRows")
        .def(py::init(&sorted_rows), "X"_a, "weights"_a = py::none(), "forced"_a = py::none())
        .def_readonly("n_distinct", &SortedRows::count)
        .def_readonly("total", &SortedRows::total);
    m.def("fit_regressions", regressions, "W"_a, "b"_a, "rows"_a, "penalty"_a, "l1_ratio"_a, "tolerance"_a,
          "threads"_a);
    m.def("largest_gradient", strongest, "rows"_a, "threads"_a);
}

}  // namespace ardens
