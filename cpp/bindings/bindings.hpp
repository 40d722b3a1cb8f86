// What the files of the bindings share. They turn numpy's arrays to pointers, check shapes and types, and release the
// GIL around one call: no maths, no loops over data.
#pragma once

#include <pybind11/pybind11.h>

namespace ardens {

void bind_bits(pybind11::module_& m);
void bind_codes(pybind11::module_& m);
void bind_machine(pybind11::module_& m);
void bind_models(pybind11::module_& m);
void bind_optim(pybind11::module_& m);
void bind_plain_nade(pybind11::module_& m);
void bind_solvers(pybind11::module_& m);

// As many threads as were asked for, at most those that may be used; ValueError for fewer than one.
int thread_count(int threads);

// A Poll: raises the pending Python exception, if any. That is Ctrl-C, or what another thread raises in this one.
void poll_signals();

}  // namespace ardens
