// A model's class: its parameters' layout, and what is computed over rows.
#include "models.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <string>

#include "bindings/arrays.hpp"
#include "bindings/bindings.hpp"
#include "engine/codes.hpp"
#include "engine/driver.hpp"
#include "engine/particles.hpp"

namespace ardens {
namespace {

Description make_model(const std::string& family, std::size_t n_features, std::size_t n_hidden,
                       const std::string& activation, bool direct, bool tied) {
    return describe(family, Shape{n_features, n_hidden, activation_of(activation), direct, tied});
}

// The same model of rows of codes.
Description coded(const Description& model, std::shared_ptr<Codes> codes) {
    if (codes && codes->n_bits() != model.shape.n)
        throw py::value_error("codes must have " + std::to_string(model.shape.n) + " bits; got " +
                              std::to_string(codes->n_bits()));
    Description out = model;
    out.codes = std::move(codes);
    return out;
}

const float* params_of(const Description& model, const py::array& params) {
    return pointer<const float>(params, "params", {extent(model.size)});
}

View view_of(const Description& model, const py::array& params, const py::array& tables) {
    return {model.shape, params_of(model, params), pointer<const float>(tables, "tables", {extent(n_tables(model))})};
}

Rows rows_of(const Description& model, const py::array& X) {
    py::ssize_t rows = extent(X, 0);
    return {pointer<const std::uint8_t>(X, "X", {rows, extent(model.shape.n)}), static_cast<std::size_t>(rows)};
}

// Which bits of rows are forced by codes, (rows, n).
py::array_t<std::uint8_t> forced_bits(const Description& model, const py::array& X) {
    Rows rows = rows_of(model, X);
    py::array_t<std::uint8_t> forced({extent(rows.count), extent(model.shape.n)});
    std::uint8_t* out = forced.mutable_data();
    py::gil_scoped_release release;
    if (model.codes)
        mark_forced(out, *model.codes, rows);
    else
        std::fill_n(out, rows.count * model.shape.n, std::uint8_t{0});
    return forced;
}

// Name, shape, strides and offset of every parameter, the latter in floats.
py::list layout(const Description& model) {
    py::list out;
    for (const Parameter& p : model.parameters)
        out.append(py::make_tuple(p.name, py::tuple(py::cast(p.shape)), py::tuple(py::cast(p.strides)), p.offset));
    return out;
}

py::array_t<float> tables(const Description& model, const py::array& params, int threads) {
    const float* in = params_of(model, params);
    py::ssize_t size = extent(n_tables(model));
    py::array_t<float> room(size + extent(LINE));  // so that the tables can begin at a cache line
    float* out = room.mutable_data();
    out += (LINE - reinterpret_cast<std::uintptr_t>(out) / sizeof(float) % LINE) % LINE;
    py::array_t<float> array({size}, {extent(sizeof(float))}, out, room);
    threads = thread_count(threads);
    py::gil_scoped_release release;
    prepare(out, model, in, threads);
    return array;
}

using PerRow = void (*)(double*, const Description&, const View&, Rows, int, Poll);

// One float64 result per row, or per row and feature.
template <PerRow compute, bool per_feature>
py::array_t<double> rowwise(const Description& model, const py::array& params, const py::array& tables,
                            const py::array& X, int threads) {
    View view = view_of(model, params, tables);
    Rows rows = rows_of(model, X);
    threads = thread_count(threads);
    std::vector<py::ssize_t> shape{extent(rows.count)};
    if (per_feature) shape.push_back(extent(model.shape.n));
    py::array_t<double> out(shape);
    double* values = out.mutable_data();
    py::gil_scoped_release release;
    compute(values, model, view, rows, threads, poll_signals);
    return out;
}

double mean_and_grad(const Description& model, const py::array& params, const py::array& X, const py::array& grad,
                     int threads, const std::optional<py::array>& weights) {
    const float* in = params_of(model, params);
    Rows rows = rows_of(model, X);
    const double* by = weights ? pointer<const double>(*weights, "weights", {extent(rows.count)}) : nullptr;
    auto* out = pointer<float>(grad, "grad", {extent(model.size)});
    if (rows.count == 0) throw py::value_error("X must have at least one row; got 0");
    threads = thread_count(threads);
    py::gil_scoped_release release;
    return value_and_grad(out, model, in, rows, by, threads, poll_signals);
}

// The model's feature for each column of the output; null where they are the same.
const py::ssize_t* columns_of(const Description& model, const std::optional<py::array>& columns) {
    if (!columns) return nullptr;
    py::ssize_t n = extent(model.shape.n);
    const auto* features = pointer<const py::ssize_t>(*columns, "columns", {n});
    if (!std::all_of(features, features + n, [n](py::ssize_t feature) { return feature >= 0 && feature < n; }))
        throw py::value_error("columns must be features of 0 to " + std::to_string(n - 1));
    return features;
}

void draw_rows(const Description& model, const py::array& params, const py::array& tables, std::uint64_t seed,
               std::uint64_t start, const py::array& X, const std::optional<py::array>& log_prob, int threads,
               const std::optional<py::array>& columns, bool packed) {
    View view = view_of(model, params, tables);
    std::size_t width = packed ? packed_width(model.shape.n) : model.shape.n;
    py::ssize_t rows = extent(X, 0);
    Draws out{seed,
              start,
              pointer<std::uint8_t>(X, "X", {rows, extent(width)}),
              static_cast<std::size_t>(rows),
              columns_of(model, columns),
              packed,
              log_prob ? pointer<double>(*log_prob, "log_prob", {rows}) : nullptr};
    threads = thread_count(threads);
    py::gil_scoped_release release;
    sample(out, model, view, threads, poll_signals);
}

// Rows of zeros, ones and unknown cells.
const std::uint8_t* cells_of(const Description& model, const py::array& cells) {
    py::ssize_t rows = extent(cells, 0), n = extent(model.shape.n);
    const auto* values = pointer<const std::uint8_t>(cells, "cells", {rows, n});
    if (std::any_of(values, values + rows * n, [](std::uint8_t cell) { return cell > UNKNOWN; }))
        throw py::value_error("cells must be 0, 1 or 2, which is unknown");
    return values;
}

void weigh_particles(const Description& model, const py::array& params, const py::array& tables, std::uint64_t seed,
                     const py::array& cells, const py::array& numbers, std::size_t n_particles,
                     const std::optional<py::array>& X, const py::array& log_weights, int threads) {
    View view = view_of(model, params, tables);
    py::ssize_t rows = extent(cells, 0), P = extent(n_particles);
    if (n_particles == 0) throw py::value_error("n_particles must be at least 1; got 0");
    Questions questions{cells_of(model, cells), pointer<const std::uint64_t>(numbers, "numbers", {rows}),
                        static_cast<std::size_t>(rows), n_particles};
    auto* out = X ? pointer<std::uint8_t>(*X, "X", {rows, P, extent(model.shape.n)}) : nullptr;
    auto* weights = pointer<double>(log_weights, "log_weights", {rows, P});
    threads = thread_count(threads);
    py::gil_scoped_release release;
    particles(out, weights, model, view, seed, questions, threads, poll_signals);
}

void search_most_probable(const Description& model, const py::array& params, const py::array& tables,
                          const py::array& cells, std::size_t beam, const py::array& X, const py::array& log_prob,
                          const py::array& left_out, int threads) {
    View view = view_of(model, params, tables);
    py::ssize_t rows = extent(cells, 0);
    if (beam == 0) throw py::value_error("beam must be at least 1; got 0");
    const std::uint8_t* in = cells_of(model, cells);
    Completions out{pointer<std::uint8_t>(X, "X", {rows, extent(model.shape.n)}),
                    pointer<double>(log_prob, "log_prob", {rows}), pointer<double>(left_out, "left_out", {rows})};
    threads = thread_count(threads);
    py::gil_scoped_release release;
    most_probable(out, model, view, in, static_cast<std::size_t>(rows), beam, threads, poll_signals);
}

// Indices of members, (q, count), drawn by their weights, (q, P), and uniform numbers, (q,).
py::array_t<py::ssize_t> draw_by_weights(const py::array& weights, const py::array& u, std::size_t count) {
    py::ssize_t rows = extent(weights, 0), P = extent(weights, 1);
    const auto* w = pointer<const double>(weights, "weights", {rows, P});
    const auto* uniform = pointer<const double>(u, "u", {rows});
    py::array_t<py::ssize_t> drawn({rows, extent(count)});
    py::ssize_t* out = drawn.mutable_data();
    for (py::ssize_t k = 0; k < rows; ++k) {
        double total = std::accumulate(w + k * P, w + (k + 1) * P, 0.0);
        if (!(total > 0.0 && total < std::numeric_limits<double>::infinity() && uniform[k] >= 0.0 && uniform[k] < 1.0))
            throw py::value_error("weights must sum to a finite number above 0, and u be in [0, 1)");
    }
    py::gil_scoped_release release;
    for (py::ssize_t k = 0; k < rows; ++k)
        resample(out + k * extent(count), count, w + k * P, static_cast<std::size_t>(P), uniform[k]);
    return drawn;
}

}  // namespace

void bind_models(py::module_& m) {
    using namespace py::literals;
    py::class_<Description>(m, "Model")
        .def(py::init(&make_model), "family"_a, "n_features"_a, "n_hidden"_a, py::kw_only(), "activation"_a = "sigmoid",
             "direct"_a = false, "tied"_a = false)
        .def_readonly("name", &Description::name)
        .def_property_readonly("activation", [](const Description& model) { return name_of(model.shape.activation); })
        .def_property_readonly("direct", [](const Description& model) { return model.shape.direct; })
        .def_property_readonly("tied", [](const Description& model) { return model.shape.tied; })
        .def_property_readonly("n_features", [](const Description& model) { return model.shape.n; })
        .def_property_readonly("n_hidden", [](const Description& model) { return model.shape.d; })
        .def_readonly("n_parameters", &Description::n_parameters)
        .def_readonly("size", &Description::size)
        .def_readonly("n_decayed", &Description::n_decayed)
        .def_property_readonly("n_tables", n_tables)
        .def_property_readonly("n_drawn", n_drawn)
        .def_property_readonly("layout", layout)
        .def("coded", coded, "codes"_a)
        .def_property_readonly("has_codes", [](const Description& model) { return model.codes != nullptr; })
        .def("forced", forced_bits, "X"_a)
        .def("tables", tables, "params"_a, "threads"_a)
        .def("log_prob", rowwise<log_prob, false>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("log_prob_terms", rowwise<log_prob_terms, true>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("conditionals", rowwise<conditionals, true>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("value_and_grad", mean_and_grad, "params"_a, "X"_a, "grad"_a, "threads"_a, "weights"_a = py::none())
        .def("sample", draw_rows, "params"_a, "tables"_a, "seed"_a, "start"_a, "X"_a, "log_prob"_a, "threads"_a,
             "columns"_a = py::none(), "packed"_a = false)
        .def("particles", weigh_particles, "params"_a, "tables"_a, "seed"_a, "cells"_a, "numbers"_a, "n_particles"_a,
             "X"_a, "log_weights"_a, "threads"_a)
        .def("most_probable", search_most_probable, "params"_a, "tables"_a, "cells"_a, "beam"_a, "X"_a, "log_prob"_a,
             "left_out"_a, "threads"_a);
    m.def("resample", draw_by_weights, "weights"_a, "u"_a, "count"_a);
    m.def("islands", islands, "n_particles"_a);
    m.attr("MAX_TILE") = MAX_TILE;
    m.attr("MAX_BATCH") = MAX_BATCH;
}

}  // namespace ardens
