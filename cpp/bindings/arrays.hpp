// Arrays that a caller gave, as pointers.
#pragma once

#include <pybind11/numpy.h>

#include <initializer_list>
#include <type_traits>

namespace ardens {

namespace py = pybind11;

inline py::ssize_t extent(std::size_t count) { return static_cast<py::ssize_t>(count); }

// Rows (axis 0) or columns (axis 1) of what ought to be a matrix: 0 if it is none.
inline py::ssize_t extent(const py::array& X, int axis) { return X.ndim() == 2 ? X.shape(axis) : 0; }

// TypeError unless the array is of that type, C-contiguous and aligned; ValueError unless it is of that shape.
void check_array(const py::array& array, const char* name, const py::dtype& type,
                 std::initializer_list<py::ssize_t> shape);
void check_writeable(const py::array& array, const char* name);

// The data of an array that was checked; it may be written to unless T is const.
template <typename T>
T* pointer(const py::array& array, const char* name, std::initializer_list<py::ssize_t> shape) {
    check_array(array, name, py::dtype::of<std::remove_const_t<T>>(), shape);
    if constexpr (!std::is_const_v<T>) check_writeable(array, name);
    return static_cast<T*>(const_cast<void*>(array.data()));
}

}  // namespace ardens
