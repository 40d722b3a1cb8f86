// What the core was built of, what it runs on, and what that can do at best.
#include <pybind11/stl.h>

#include "bindings/bindings.hpp"
#include "engine/ceilings.hpp"
#include "engine/isa.hpp"
#include "engine/parallel.hpp"
#include "engine/work.hpp"

namespace py = pybind11;

namespace ardens {
namespace {

py::dict build_info() {
    py::dict out;
    out["version"] = ARDENS_VERSION;
    out["compiler"] = ARDENS_COMPILER;
    out["openmp"] = HAS_OPENMP;
    return out;
}

void force_threads(int threads) { forced_threads = threads; }

double measure_fma(int threads) { return measure_multiply_adds(thread_count(threads)); }
double measure_bandwidth(std::size_t bytes, int threads) { return measure_reading(bytes, thread_count(threads)); }
double measure_nothing(int threads) { return measure_instructions(thread_count(threads)); }

}  // namespace

void bind_machine(py::module_& m) {
    using namespace py::literals;
    m.def("levels", levels);
    m.def("level", level);
    m.def("set_level", set_level, "name"_a);
    m.def("max_threads", max_threads);
    m.def("force_threads", force_threads, "threads"_a);
    m.def("useful_threads", useful_threads, "threads"_a, "multiply_adds"_a);
    m.def("build_info", build_info);
    using Release = py::call_guard<py::gil_scoped_release>;
    m.def("measure_fma", measure_fma, "threads"_a, Release());
    m.def("measure_bandwidth", measure_bandwidth, "bytes"_a, "threads"_a, Release());
    m.def("measure_instructions", measure_nothing, "threads"_a, Release());
}

}  // namespace ardens
