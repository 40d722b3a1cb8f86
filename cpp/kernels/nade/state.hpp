// NADE's hidden state: ways to keep a_i, and the tables that go with them.
#pragma once

#include "kernels/elementary.hpp"
#include "kernels/nade/layout.hpp"

namespace {

// Activations, h = f(a), with f'(a) as a function of h.
// Where it is made of 1 / (1 + exp(2 RATE a)), of_product gives it from the factors of SCALE times that.
struct Sigmoid {
    static constexpr float RATE = -0.5f, SCALE = 1.0f;
    static vf of(vf a) { return sigmoid(a); }
    static vf of_product(vf r, vf t) { return r * t; }
    static vf slope(vf h) { return fma(-h, h, h); }
};
struct Tanh {
    static constexpr float RATE = -1.0f, SCALE = 2.0f;
    static vf of(vf a) { return fma(sigmoid(2.0f * a), splat(2.0f), splat(-1.0f)); }
    static vf of_product(vf r, vf t) { return fma(r, t, splat(-1.0f)); }
    static vf slope(vf h) { return fma(-h, h, splat(1.0f)); }
};
struct Relu {
    static constexpr float RATE = 0.0f;          // nothing to gain from an exponential
    static vf of(vf a) { return max(vf{}, a); }  // NaN stays NaN
    static vf slope(vf h) { return h > vf{} ? splat(1.0f) : vf{}; }
};

// s = 2^-shift exp(RATE a), moved by a multiplication. For the sigmoid it holds while a stays within -199
// and 152 (tanh: half of that), which no bound of the parameters could promise; but zero and infinity are never
// left again where results below the normal numbers are flushed to zero, so the last state tells whether it did.
template <typename F, int shift>
struct Exponential {
    using Activation = F;
    static constexpr float ONE = 1.0f / (1 << shift), ONE_SQUARED = ONE * ONE;  // s and its square at a = 0
    static const float* initial(const View& model) { return nade_tables(model).s0; }
    static const float* steps(const View& model) { return nade_tables(model).forward; }
    static NadeMatrix<const float> back_steps(const View& model) { return nade_tables(model).back; }
    static vf start(vf c) { return exp(c * F::RATE) * ONE; }
    static vf forward(vf s, vf step) { return s * step; }
    static vf back(vf s, vf step) { return s * step; }
    static vf end_of_forward(vf s) { return s * 0.5f; }
    // ONE_SQUARED (1 + exp(2 RATE a)), or 2^45 where that is larger: whatever is made of the product of two
    // stays a normal number, and h is off by 2^-77 at most.
    static vf divisor(vf s) { return min(fma(s, s, splat(ONE_SQUARED)), splat(0x1p45f)); }
    // One division for two registers, a line apart at every level.
    static void hidden(vf& h0, vf& h1, vf s0, vf s1) {
        vf t0 = divisor(s0), t1 = divisor(s1), r = F::SCALE * ONE_SQUARED / (t0 * t1);
        h0 = F::of_product(r, t1);
        h1 = F::of_product(r, t0);
    }
    static bool left_range(const float* s, std::size_t K) {
        vi left{};
        for (std::size_t k = 0; k < K; k += LANES) {
            vf now = load(s + k);
            left |= (now == vf{}) | (now > splat(std::numeric_limits<float>::max()));
        }
        for (std::size_t l = 0; l < LANES; ++l)
            if (left[l]) return true;
        return false;
    }
};

// s = a itself: for rows that would leave the other's range, and for parameters that it does not hold.
template <typename F>
struct Additive {
    using Activation = F;
    static const float* initial(const View& model) { return model.params + NadePlan(model.shape).c; }
    static const float* steps(const View& model) { return model.params + NadePlan(model.shape).W; }
    static NadeMatrix<const float> back_steps(const View& model) {
        return {steps(model), PART, NadePlan(model.shape).stride};
    }
    static vf forward(vf s, vf step) { return s + step; }
    static vf back(vf s, vf step) { return s - step; }
    static vf end_of_forward(vf s) { return s; }
    static void hidden(vf& h0, vf& h1, vf s0, vf s1) {
        h0 = F::of(s0);
        h1 = F::of(s1);
    }
    static bool left_range(const float*, std::size_t) { return false; }
};

// The states of most rows. A backward state is half of the forward one, so that what rounding does on the
// way back cannot carry it beyond the largest number.
template <typename F>
using Forward = Exponential<F, 16>;
template <typename F>
using Backward = Exponential<F, 17>;

// Calls f with the activation of a shape.
template <typename Call>
inline void with_activation(Shape shape, Call f) {
    switch (shape.activation) {
        case Activation::sigmoid:
            return f(Sigmoid{});
        case Activation::tanh:
            return f(Tanh{});
        case Activation::relu:
            return f(Relu{});
    }
}

// Calls f with the state that the parameters allow.
template <typename Call>
inline void with_state(const View& model, Call f) {
    with_activation(model.shape, [&]<typename F>(F) {
        if constexpr (F::RATE != 0.0f) {
            if (nade_tables(model).template exponential<F>()) return f(Forward<F>{});
        }
        f(Additive<F>{});
    });
}

}  // namespace
