// A model's class: its parameters' layout, and what is computed over rows.
#include "models.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <string>

#include "bindings/arrays.hpp"
#include "bindings/bindings.hpp"
#include "engine/driver.hpp"

namespace ardens {
namespace {

Description make_model(const std::string& family, std::size_t n_features, std::size_t n_hidden,
                       const std::string& activation, bool direct, bool tied) {
    return describe(family, Shape{n_features, n_hidden, activation_of(activation), direct, tied});
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
        .def_property_readonly("layout", layout)
        .def("tables", tables, "params"_a, "threads"_a)
        .def("log_prob", rowwise<log_prob, false>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("log_prob_terms", rowwise<log_prob_terms, true>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("conditionals", rowwise<conditionals, true>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("value_and_grad", mean_and_grad, "params"_a, "X"_a, "grad"_a, "threads"_a, "weights"_a = py::none())
        .def("sample", draw_rows, "params"_a, "tables"_a, "seed"_a, "start"_a, "X"_a, "log_prob"_a, "threads"_a,
             "columns"_a = py::none(), "packed"_a = false);
    m.attr("MAX_TILE") = MAX_TILE;
    m.attr("MAX_BATCH") = MAX_BATCH;
}

}  // namespace ardens
