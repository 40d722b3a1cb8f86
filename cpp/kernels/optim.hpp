// Optimizer steps: ascent on `count` floats, each array read and written once.
#pragma once

#include "kernels/lanes.hpp"

namespace {

inline vf sqrt(vf x) {
#if defined(__AVX512F__)
    return reinterpret_cast<vf>(_mm512_sqrt_ps(reinterpret_cast<__m512>(x)));
#elif defined(__AVX__)
    return reinterpret_cast<vf>(_mm256_sqrt_ps(reinterpret_cast<__m256>(x)));
#else
    for (std::size_t l = 0; l < LANES; ++l) x[l] = __builtin_sqrtf(x[l]);
    return x;
#endif
}

// f(offset) for whole registers; the flat array is padded to whole lines.
template <typename F>
inline void each_register(std::size_t count, F f) {
    for (std::size_t i = 0; i < count; i += LANES) f(i);
}

// params += step - decay * params
inline void ascend(float* params, vf step, vf decay) {
    vf p = load(params);
    store(params, fma(-decay, p, p) + step);
}

void sgd_step(float* params, float* velocity, const float* grad, float lr, float momentum, bool nesterov, float decay,
              std::size_t count) {
    vf rate = splat(lr), mu = splat(momentum), wd = splat(decay);
    each_register(count, [&](std::size_t i) {
        vf g = load(grad + i), v = fma(mu, load(velocity + i), g);
        store(velocity + i, v);
        ascend(params + i, rate * (nesterov ? fma(mu, v, g) : v), wd);
    });
}

void rmsprop_step(float* params, float* square, const float* grad, float lr, double rho, float epsilon, float decay,
                  std::size_t count) {
    vf rate = splat(lr), keep = splat(static_cast<float>(rho)), take = splat(static_cast<float>(1.0 - rho)),
       eps = splat(epsilon), wd = splat(decay);
    each_register(count, [&](std::size_t i) {
        vf g = load(grad + i), s = fma(take, g * g, keep * load(square + i));
        store(square + i, s);
        ascend(params + i, rate * g / (sqrt(s) + eps), wd);
    });
}

void adam_step(float* params, float* m, float* v, const float* grad, float lr, double beta1, double beta2,
               float epsilon, float m_scale, float v_scale, float decay, std::size_t count) {
    vf b1 = splat(static_cast<float>(beta1)), t1 = splat(static_cast<float>(1.0 - beta1));
    vf b2 = splat(static_cast<float>(beta2)), t2 = splat(static_cast<float>(1.0 - beta2));
    vf rate = splat(lr * m_scale), vs = splat(v_scale), eps = splat(epsilon), wd = splat(decay);
    each_register(count, [&](std::size_t i) {
        vf g = load(grad + i);
        vf first = fma(t1, g, b1 * load(m + i)), second = fma(t2, g * g, b2 * load(v + i));
        store(m + i, first);
        store(v + i, second);
        ascend(params + i, rate * first / (sqrt(second * vs) + eps), wd);
    });
}

void ema_step(float* average, const float* params, float weight, std::size_t count) {
    vf w = splat(weight);
    each_register(count, [&](std::size_t i) {
        vf a = load(average + i);
        store(average + i, fma(w, load(params + i) - a, a));
    });
}

constexpr OptimKernels optim_kernels = {sgd_step, rmsprop_step, adam_step, ema_step};

}  // namespace
