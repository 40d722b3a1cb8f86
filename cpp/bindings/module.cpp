// The module, and what all of it needs of Python.
#include <pybind11/eval.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "bindings/bindings.hpp"
#include "engine/parallel.hpp"

namespace py = pybind11;

namespace ardens {

int thread_count(int threads) {
    if (threads < 1) throw py::value_error("threads must be at least 1; got " + std::to_string(threads));
    return std::min(threads, max_threads());
}

void poll_signals() {
    py::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    py::eval("None");  // what another thread raises in this one, only the interpreter itself delivers
}

}  // namespace ardens

PYBIND11_MODULE(_core, m) {
    ardens::forked();  // from now on forks are noticed
    // More elements than any memory holds: the standard library calls that a wrong length.
    py::register_local_exception_translator([](std::exception_ptr error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const std::length_error& e) {
            py::set_error(PyExc_MemoryError, e.what());
        }
    });
    ardens::bind_codes(m);
    ardens::bind_models(m);
    ardens::bind_bits(m);
    ardens::bind_optim(m);
    ardens::bind_solvers(m);
    ardens::bind_machine(m);
    ardens::bind_plain_nade(m);
}
