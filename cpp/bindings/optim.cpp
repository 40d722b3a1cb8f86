// Optimizer steps on flat arrays, in place.
#include <cmath>
#include <string>

#include "bindings/arrays.hpp"
#include "bindings/bindings.hpp"
#include "engine/work.hpp"

namespace ardens {
namespace {

// An optimizer's array: float32, as long as params, whole lines.
float* flat(const py::array& array, const char* name, const py::array& params) {
    if (params.size() % LINE != 0)
        throw py::value_error("params must hold a multiple of 16 floats; got " + std::to_string(params.size()));
    return pointer<float>(array, name, {params.size()});
}

// step(offset, count, decay) over the decayed prefix and over the rest, in shares.
template <typename Step>
void each_step(const py::array& params, float decay, std::size_t n_decayed, int threads, Step&& step) {
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
    each_step(params, lr * weight_decay, n_decayed, threads,
              [=, step = kernels().optim.sgd](std::size_t i, std::size_t count, float decay) {
                  step(p + i, v + i, g + i, lr, momentum, nesterov, decay, count);
              });
}

void rmsprop(const py::array& params, const py::array& grad, const py::array& square, float lr, double rho,
             float epsilon, float weight_decay, std::size_t n_decayed, int threads) {
    float *p = flat(params, "params", params), *s = flat(square, "square", params);
    const float* g = flat(grad, "grad", params);
    each_step(params, lr * weight_decay, n_decayed, threads,
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
    each_step(params, lr * weight_decay, n_decayed, threads,
              [=, update = kernels().optim.adam](std::size_t i, std::size_t count, float decay) {
                  update(p + i, first + i, second + i, g + i, lr, beta1, beta2, epsilon, m_scale, v_scale, decay,
                         count);
              });
}

void ema(const py::array& average, const py::array& params, double decay, int threads) {
    float* a = flat(average, "average", params);
    const float* p = flat(params, "params", params);
    auto weight = static_cast<float>(1.0 - decay);
    each_step(params, 0.0f, 0, threads, [=, step = kernels().optim.ema](std::size_t i, std::size_t count, float) {
        step(a + i, p + i, weight, count);
    });
}

}  // namespace

void bind_optim(py::module_& m) {
    using namespace py::literals;
    m.def("sgd_step", sgd, "params"_a, "grad"_a, "velocity"_a, "lr"_a, "momentum"_a, "nesterov"_a, "weight_decay"_a,
          "n_decayed"_a, "threads"_a);
    m.def("rmsprop_step", rmsprop, "params"_a, "grad"_a, "square"_a, "lr"_a, "rho"_a, "epsilon"_a, "weight_decay"_a,
          "n_decayed"_a, "threads"_a);
    m.def("adam_step", adam, "params"_a, "grad"_a, "m"_a, "v"_a, "step"_a, "lr"_a, "beta1"_a, "beta2"_a, "epsilon"_a,
          "weight_decay"_a, "n_decayed"_a, "threads"_a);
    m.def("ema_step", ema, "average"_a, "params"_a, "decay"_a, "threads"_a);
}

}  // namespace ardens
