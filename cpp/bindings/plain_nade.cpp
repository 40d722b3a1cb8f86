// The plain NADE, for the tests of the fast one.
#include "kernels/nade/plain.hpp"

#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/bindings.hpp"

namespace ardens {
namespace {

PlainNade plain(const py::array& W, const py::array& c, const py::array& V, const py::array& b) {
    py::ssize_t d = extent(W, 0), n = extent(W, 1);
    return {static_cast<std::size_t>(n),           static_cast<std::size_t>(d),
            pointer<const double>(W, "W", {d, n}), pointer<const double>(c, "c", {d}),
            pointer<const double>(V, "V", {n, d}), pointer<const double>(b, "b", {n})};
}

// log p of every row; adds their gradients to gW, gc, gV and gb.
py::array_t<double> log_prob_and_grad(const py::array& W, const py::array& c, const py::array& V, const py::array& b,
                                      const py::array& X, const py::array& gW, const py::array& gc, const py::array& gV,
                                      const py::array& gb) {
    PlainNade model = plain(W, c, V, b);
    py::ssize_t rows = extent(X, 0), n = extent(model.n), d = extent(model.d);
    const auto* x = pointer<const std::uint8_t>(X, "X", {rows, n});
    auto *to_W = pointer<double>(gW, "gW", {d, n}), *to_c = pointer<double>(gc, "gc", {d}),
         *to_V = pointer<double>(gV, "gV", {n, d}), *to_b = pointer<double>(gb, "gb", {n});
    py::array_t<double> nats(rows);
    std::vector<double> p(model.n), h(model.n * model.d), of_units(model.d);
    for (py::ssize_t r = 0; r < rows; ++r, x += model.n) {
        nats.mutable_at(r) = plain_log_prob(p.data(), h.data(), of_units.data(), model, x);
        plain_gradient(to_W, to_c, to_V, to_b, of_units.data(), model, x, p.data(), h.data());
    }
    return nats;
}

// A row for each row of uniform numbers.
py::array_t<std::uint8_t> draw(const py::array& W, const py::array& c, const py::array& V, const py::array& b,
                               const py::array& U) {
    PlainNade model = plain(W, c, V, b);
    py::ssize_t rows = extent(U, 0), n = extent(model.n);
    const auto* u = pointer<const double>(U, "U", {rows, n});
    py::array_t<std::uint8_t> X({rows, n});
    std::vector<double> of_units(model.d);
    for (py::ssize_t r = 0; r < rows; ++r, u += n) plain_draw(X.mutable_data(r, 0), of_units.data(), model, u);
    return X;
}

}  // namespace

void bind_plain_nade(py::module_& m) {
    using namespace py::literals;
    m.def("plain_nade_log_prob_and_grad", log_prob_and_grad, "W"_a, "c"_a, "V"_a, "b"_a, "X"_a, "gW"_a, "gc"_a, "gV"_a,
          "gb"_a);
    m.def("plain_nade_draw", draw, "W"_a, "c"_a, "V"_a, "b"_a, "U"_a);
}

}  // namespace ardens
