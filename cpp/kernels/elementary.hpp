// Elementary functions of the floats of a register.
#pragma once

#include "kernels/lanes.hpp"

namespace {

// exp(x), within 2 ulp for -86.5 <= x <= 88; exactly 0 below; NaN stays NaN.
inline vf exp(vf x) {
    constexpr float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    vf t = fma(x, splat(1.44269504f), splat(magic));
    vf k = t - magic;
    vf r = fma(k, splat(-0.693359375f), x);
    r = fma(k, splat(2.12194440e-4f), r);
    vf p = splat(1.9875691500e-4f);
    p = fma(p, r, splat(1.3981999507e-3f));
    p = fma(p, r, splat(8.3334519073e-3f));
    p = fma(p, r, splat(4.1665795894e-2f));
    p = fma(p, r, splat(1.6666665459e-1f));
    p = fma(p, r, splat(5.0000001201e-1f));
    p = fma(p, r * r, r) + 1.0f;
    vf scaled = reinterpret_cast<vf>(reinterpret_cast<vu>(p) + (reinterpret_cast<vu>(t) << 23));
    return x < splat(-86.5f) ? vf{} : (x == x ? scaled : x);
}

// log(1 + t) for 0 <= t <= 1 by 2 atanh(t / (2 + t)), relative error below 2e-7.
inline vf log1p(vf t) {
    vf s = t / (t + 2.0f), s2 = s * s;
    vf p = splat(1.0f / 13);
    p = fma(p, s2, splat(1.0f / 11));
    p = fma(p, s2, splat(1.0f / 9));
    p = fma(p, s2, splat(1.0f / 7));
    p = fma(p, s2, splat(1.0f / 5));
    p = fma(p, s2, splat(1.0f / 3));
    p = fma(p, s2, splat(1.0f));
    return 2.0f * s * p;
}

// 1 / (1 + exp(-x))
inline vf sigmoid(vf x) {
    vf e = exp(-abs(x));
    vf q = 1.0f / (1.0f + e);
    return x < vf{} ? e * q : q;
}

}  // namespace
