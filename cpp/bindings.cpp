// numpy to pointers, checks of shapes and types, the GIL. No maths, no loops over data.
#include <pybind11/eval.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "engine/ceilings.hpp"
#include "engine/driver.hpp"
#include "engine/isa.hpp"
#include "engine/parallel.hpp"
#include "engine/work.hpp"
#include "kernels/philox.hpp"
#include "solvers/logistic.hpp"

namespace py = pybind11;
using namespace ardens;

namespace {

// An array the caller gave: the right type, C-contiguous, aligned and of the right shape, or TypeError / ValueError.
template <typename T>
class Array {
  public:
    Array(const py::array& array, const char* name, std::initializer_list<py::ssize_t> shape) {
        check(array, name, shape);
        data_ = static_cast<T*>(const_cast<void*>(array.data()));
        if constexpr (!std::is_const_v<T>)
            if (!array.writeable()) throw py::value_error(std::string(name) + " must be writeable");
    }
    T* get() const { return data_; }

  private:
    static void check(const py::array& array, const char* name, std::initializer_list<py::ssize_t> shape) {
        using Value = std::remove_const_t<T>;
        constexpr int wanted =
            static_cast<int>(py::detail::npy_api::NPY_ARRAY_ALIGNED_) | static_cast<int>(py::array::c_style);
        if (!array.dtype().equal(py::dtype::of<Value>()) || (array.flags() & wanted) != wanted)
            throw py::type_error(std::string(name) + " must be an aligned C-contiguous array of " +
                                 py::str(py::dtype::of<Value>()).cast<std::string>() + "; got " +
                                 py::str(array.dtype()).cast<std::string>());
        bool same = array.ndim() == static_cast<py::ssize_t>(shape.size()) &&
                    std::equal(shape.begin(), shape.end(), array.shape());
        if (!same) {
            std::string text;
            for (py::ssize_t extent : shape) text += (text.empty() ? "(" : ", ") + std::to_string(extent);
            throw py::value_error(std::string(name) + " must have shape " + text + "); got " +
                                  py::str(array.attr("shape")).cast<std::string>());
        }
    }
    T* data_;
};

int thread_count(int threads) {
    if (threads < 1) throw py::value_error("threads must be at least 1; got " + std::to_string(threads));
    return std::min(threads, max_threads());
}

// Raises the pending Python exception, if any: Ctrl-C while a kernel runs, or what another thread raises
// in this one, which only the interpreter itself delivers.
void poll_signals() {
    py::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    py::eval("None");
}

const float* params_of(const Description& model, const py::array& params) {
    return Array<const float>(params, "params", {static_cast<py::ssize_t>(model.size)}).get();
}

View view_of(const Description& model, const py::array& params, const py::array& tables) {
    auto size = static_cast<py::ssize_t>(n_tables(model));
    return {model.shape, params_of(model, params), Array<const float>(tables, "tables", {size}).get()};
}

Rows rows_of(const Description& model, const py::array& X) {
    py::ssize_t rows = X.ndim() == 2 ? X.shape(0) : 0;
    Array<const std::uint8_t> in(X, "X", {rows, static_cast<py::ssize_t>(model.shape.n)});
    return {in.get(), static_cast<std::size_t>(rows)};
}

py::array_t<float> make_tables(const Description& model, const py::array& params, int threads) {
    const float* in = params_of(model, params);
    std::size_t size = n_tables(model);
    py::array_t<float> room(static_cast<py::ssize_t>(size + LINE));  // so that the tables can begin at a cache line
    float* tables = room.mutable_data();
    tables += (LINE - reinterpret_cast<std::uintptr_t>(tables) / sizeof(float) % LINE) % LINE;
    py::array_t<float> out({static_cast<py::ssize_t>(size)}, {static_cast<py::ssize_t>(sizeof(float))}, tables, room);
    threads = thread_count(threads);
    py::gil_scoped_release release;
    prepare(tables, model, in, threads);
    return out;
}

using PerRow = void (*)(double*, const Description&, const View&, Rows, int, Poll);

// One float64 result per row, or per row and feature.
template <PerRow compute, bool per_feature>
py::array_t<double> rowwise(const Description& model, const py::array& params, const py::array& tables,
                            const py::array& X, int threads) {
    View view = view_of(model, params, tables);
    Rows rows = rows_of(model, X);
    threads = thread_count(threads);
    std::vector<py::ssize_t> shape{static_cast<py::ssize_t>(rows.count)};
    if (per_feature) shape.push_back(static_cast<py::ssize_t>(model.shape.n));
    py::array_t<double> out(shape);
    double* values = out.mutable_data();
    py::gil_scoped_release release;
    compute(values, model, view, rows, threads, poll_signals);
    return out;
}

double mean_and_grad(const Description& model, const py::array& params, const py::array& X, const py::array& grad,
                     int threads) {
    const float* in = params_of(model, params);
    Rows rows = rows_of(model, X);
    float* out = Array<float>(grad, "grad", {static_cast<py::ssize_t>(model.size)}).get();
    if (rows.count == 0) throw py::value_error("X must have at least one row; got 0");
    threads = thread_count(threads);
    py::gil_scoped_release release;
    return value_and_grad(out, model, in, rows, threads, poll_signals);
}

// The model's feature for each column of the output; null where they are the same.
const py::ssize_t* columns_of(const Description& model, const std::optional<py::array>& columns) {
    if (!columns) return nullptr;
    auto n = static_cast<py::ssize_t>(model.shape.n);
    const py::ssize_t* features = Array<const py::ssize_t>(*columns, "columns", {n}).get();
    if (!std::all_of(features, features + n, [n](py::ssize_t feature) { return feature >= 0 && feature < n; }))
        throw py::value_error("columns must be features of 0 to " + std::to_string(n - 1));
    return features;
}

void draw_rows(const Description& model, const py::array& params, const py::array& tables, std::uint64_t seed,
               std::uint64_t start, const py::array& X, const std::optional<py::array>& log_prob, int threads,
               const std::optional<py::array>& columns, bool packed) {
    View view = view_of(model, params, tables);
    std::size_t width = packed ? packed_width(model.shape.n) : model.shape.n;
    py::ssize_t rows = X.ndim() == 2 ? X.shape(0) : 0;
    Draws out{Array<std::uint8_t>(X, "X", {rows, static_cast<py::ssize_t>(width)}).get(),
              static_cast<std::size_t>(rows), columns_of(model, columns), packed,
              log_prob ? Array<double>(*log_prob, "log_prob", {rows}).get() : nullptr};
    threads = thread_count(threads);
    py::gil_scoped_release release;
    sample(out, model, view, {seed, start}, threads, poll_signals);
}

py::list layout(const Description& model) {
    py::list out;
    for (const Parameter& p : model.parameters)
        out.append(py::make_tuple(p.name, py::tuple(py::cast(p.shape)), py::tuple(py::cast(p.strides)), p.offset));
    return out;
}

// Flat index of the first value above 1, or -1.
py::ssize_t check_binary(const py::array& X) {
    Array<const std::uint8_t> in(X, "X", {X.ndim() == 2 ? X.shape(0) : 0, X.ndim() == 2 ? X.shape(1) : 0});
    const std::uint8_t *begin = in.get(), *end = begin + X.size();
    py::gil_scoped_release release;
    const std::uint8_t* bad = first_above_one(begin, end);
    return bad == end ? -1 : bad - begin;
}

// An optimizer's arrays: float32, as long as params, whole lines.
float* flat(const py::array& array, const char* name, const py::array& params) {
    if (params.size() % LINE != 0)
        throw py::value_error("params must hold a multiple of 16 floats; got " + std::to_string(params.size()));
    return Array<float>(array, name, {params.size()}).get();
}

// step(offset, count, decay) over the decayed prefix and over the rest, in pieces.
template <typename Step>
void optimizer_step(const py::array& params, float decay, std::size_t n_decayed, int threads, Step&& step) {
    auto size = static_cast<std::size_t>(params.size());
    if (n_decayed > size || n_decayed % LINE != 0)
        throw py::value_error("n_decayed must be a multiple of 16 of at most " + std::to_string(size) + "; got " +
                              std::to_string(n_decayed));
    threads = thread_count(threads);
    py::gil_scoped_release release;
    each_share(size, threads, [&](std::size_t begin, std::size_t count) {
        std::size_t middle = std::clamp(n_decayed, begin, begin + count);
        step(begin, middle - begin, decay);
        step(middle, begin + count - middle, 0.0f);
    });
}

void sgd(const py::array& params, const py::array& grad, const py::array& velocity, float lr, float momentum,
         bool nesterov, float weight_decay, std::size_t n_decayed, int threads) {
    float *p = flat(params, "params", params), *v = flat(velocity, "velocity", params);
    const float* g = flat(grad, "grad", params);
    optimizer_step(params, lr * weight_decay, n_decayed, threads,
                   [=, step = kernels().optim.sgd](std::size_t i, std::size_t count, float decay) {
                       step(p + i, v + i, g + i, lr, momentum, nesterov, decay, count);
                   });
}

void rmsprop(const py::array& params, const py::array& grad, const py::array& square, float lr, double rho,
             float epsilon, float weight_decay, std::size_t n_decayed, int threads) {
    float *p = flat(params, "params", params), *s = flat(square, "square", params);
    const float* g = flat(grad, "grad", params);
    optimizer_step(params, lr * weight_decay, n_decayed, threads,
                   [=, step = kernels().optim.rmsprop](std::size_t i, std::size_t count, float decay) {
                       step(p + i, s + i, g + i, lr, rho, epsilon, decay, count);
                   });
}

void adam(const py::array& params, const py::array& grad, const py::array& m, const py::array& v, int step, float lr,
          double beta1, double beta2, float epsilon, float weight_decay, std::size_t n_decayed, int threads) {
    if (step < 1) throw py::value_error("step must be at least 1; got " + std::to_string(step));
    float *p = flat(params, "params", params), *first = flat(m, "m", params), *second = flat(v, "v", params);
    const float* g = flat(grad, "grad", params);
    auto m_scale = static_cast<float>(1.0 / (1.0 - std::pow(beta1, step)));
    auto v_scale = static_cast<float>(1.0 / (1.0 - std::pow(beta2, step)));
    optimizer_step(params, lr * weight_decay, n_decayed, threads,
                   [=, update = kernels().optim.adam](std::size_t i, std::size_t count, float decay) {
                       update(p + i, first + i, second + i, g + i, lr, beta1, beta2, epsilon, m_scale, v_scale, decay,
                              count);
                   });
}

void ema(const py::array& average, const py::array& params, double decay, int threads) {
    float* a = flat(average, "average", params);
    const float* p = flat(params, "params", params);
    auto weight = static_cast<float>(1.0 - decay);
    optimizer_step(params, 0.0f, 0, threads, [=, step = kernels().optim.ema](std::size_t i, std::size_t count, float) {
        step(a + i, p + i, weight, count);
    });
}

std::array<std::uint32_t, 4> philox_words(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    std::uint32_t words[4] = {counter[0], counter[1], counter[2], counter[3]};
    philox_rounds(words, key[0], key[1]);
    return {words[0], words[1], words[2], words[3]};
}

Table sorted_rows(const py::array& X) {
    py::ssize_t rows = X.ndim() == 2 ? X.shape(0) : 0, n = X.ndim() == 2 ? X.shape(1) : 0;
    Rows in{Array<const std::uint8_t>(X, "X", {rows, n}).get(), static_cast<std::size_t>(rows)};
    if (rows == 0) throw py::value_error("X must have at least one row; got 0");
    py::gil_scoped_release release;
    return Table(in, static_cast<std::size_t>(n), poll_signals);
}

void logistic(const py::array& W, const py::array& b, const Table& rows, const py::array& penalty, double l1_ratio,
              double tolerance, int threads) {
    auto n = static_cast<py::ssize_t>(rows.n);
    Regressions out{Array<double>(W, "W", {n, n}).get(),
                    Array<double>(b, "b", {n}).get(),
                    Array<const double>(penalty, "penalty", {n}).get(),
                    l1_ratio,
                    tolerance,
                    rows.n};
    threads = thread_count(threads);
    py::gil_scoped_release release;
    fit_regressions(out, rows, threads, poll_signals);
}

py::dict build_info() {
    py::dict out;
    out["version"] = ARDENS_VERSION;
    out["compiler"] = ARDENS_COMPILER;
    out["openmp"] = HAS_OPENMP;
    return out;
}

}  // namespace

PYBIND11_MODULE(_core, m) {
    using namespace py::literals;

    forked();  // from now on forks are noticed
    // More elements than any memory holds: the standard library calls that a wrong length.
    py::register_local_exception_translator([](std::exception_ptr error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const std::length_error& e) {
            py::set_error(PyExc_MemoryError, e.what());
        }
    });

    py::class_<Description>(m, "Model")
        .def(py::init([](const std::string& name, std::size_t n_features, std::size_t n_hidden) {
                 return describe(name, {n_features, n_hidden});
             }),
             "name"_a, "n_features"_a, "n_hidden"_a)
        .def_readonly("name", &Description::name)
        .def_property_readonly("n_features", [](const Description& model) { return model.shape.n; })
        .def_property_readonly("n_hidden", [](const Description& model) { return model.shape.d; })
        .def_readonly("n_parameters", &Description::n_parameters)
        .def_readonly("size", &Description::size)
        .def_readonly("n_decayed", &Description::n_decayed)
        .def_property_readonly("n_tables", n_tables)
        .def_property_readonly("layout", layout)
        .def("tables", make_tables, "params"_a, "threads"_a)
        .def("log_prob", rowwise<log_prob, false>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("log_prob_terms", rowwise<log_prob_terms, true>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("conditionals", rowwise<conditionals, true>, "params"_a, "tables"_a, "X"_a, "threads"_a)
        .def("value_and_grad", mean_and_grad, "params"_a, "X"_a, "grad"_a, "threads"_a)
        .def("sample", draw_rows, "params"_a, "tables"_a, "seed"_a, "start"_a, "X"_a, "log_prob"_a, "threads"_a,
             "columns"_a = py::none(), "packed"_a = false);

    py::class_<Table>(m, "SortedRows").def(py::init(&sorted_rows), "X"_a).def_readonly("n_samples", &Table::count);

    m.def("check_binary", check_binary, "X"_a);
    m.def("sgd_step", sgd, "params"_a, "grad"_a, "velocity"_a, "lr"_a, "momentum"_a, "nesterov"_a, "weight_decay"_a,
          "n_decayed"_a, "threads"_a);
    m.def("rmsprop_step", rmsprop, "params"_a, "grad"_a, "square"_a, "lr"_a, "rho"_a, "epsilon"_a, "weight_decay"_a,
          "n_decayed"_a, "threads"_a);
    m.def("adam_step", adam, "params"_a, "grad"_a, "m"_a, "v"_a, "step"_a, "lr"_a, "beta1"_a, "beta2"_a, "epsilon"_a,
          "weight_decay"_a, "n_decayed"_a, "threads"_a);
    m.def("ema_step", ema, "average"_a, "params"_a, "decay"_a, "threads"_a);
    m.def("fit_regressions", logistic, "W"_a, "b"_a, "rows"_a, "penalty"_a, "l1_ratio"_a, "tolerance"_a, "threads"_a);
    m.def("philox", philox_words, "counter"_a, "key"_a);
    m.def("levels", levels);
    m.def("level", level);
    m.def("set_level", set_level, "name"_a);
    m.def("max_threads", max_threads);
    m.def("force_threads", [](int threads) { forced_threads = threads; }, "threads"_a);
    m.def("build_info", build_info);
    m.def(
        "measure_fma", [](int threads) { return measure_multiply_adds(thread_count(threads)); }, "threads"_a,
        py::call_guard<py::gil_scoped_release>());
    m.def(
        "measure_bandwidth",
        [](std::size_t bytes, int threads) { return measure_reading(bytes, thread_count(threads)); }, "bytes"_a,
        "threads"_a, py::call_guard<py::gil_scoped_release>());
    m.def(
        "measure_instructions", [](int threads) { return measure_instructions(thread_count(threads)); }, "threads"_a,
        py::call_guard<py::gil_scoped_release>());
    m.attr("MAX_TILE") = MAX_TILE;
    m.attr("MAX_BATCH") = MAX_BATCH;
}
