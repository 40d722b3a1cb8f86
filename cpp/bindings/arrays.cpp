#include "bindings/arrays.hpp"

#include <algorithm>
#include <string>

namespace ardens {

void check_array(const py::array& array, const char* name, const py::dtype& type,
                 std::initializer_list<py::ssize_t> shape) {
    constexpr int wanted =
        static_cast<int>(py::detail::npy_api::NPY_ARRAY_ALIGNED_) | static_cast<int>(py::array::c_style);
    if (!array.dtype().equal(type) || (array.flags() & wanted) != wanted)
        throw py::type_error(std::string(name) + " must be an aligned C-contiguous array of " +
                             py::str(type).cast<std::string>() + "; got " + py::str(array.dtype()).cast<std::string>());
    if (array.ndim() == extent(shape.size()) && std::equal(shape.begin(), shape.end(), array.shape())) return;
    std::string text;
    for (py::ssize_t length : shape) {
        text += text.empty() ? "(" : ", ";
        text += std::to_string(length);
    }
    throw py::value_error(std::string(name) + " must have shape " + text + "); got " +
                          py::str(array.attr("shape")).cast<std::string>());
}

void check_writeable(const py::array& array, const char* name) {
    if (!array.writeable()) throw py::value_error(std::string(name) + " must be writeable");
}

}  // namespace ardens
