// One register of floats, as wide as the instruction set gives.
//
// Element-wise results do not depend on the width. Sums do, so every sum over units runs in the
// 16 lanes of a line at every level (sums.hpp). Multiply-adds are written out, never contracted by
// the compiler. So all levels that have a fused multiply-add give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "kernels/contract.hpp"

namespace {

#if defined(__AVX512F__)
constexpr std::size_t LANES = 16;
#elif defined(__AVX__)
constexpr std::size_t LANES = 8;
#else
constexpr std::size_t LANES = 4;
#endif

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef std::int32_t vi __attribute__((vector_size(4 * LANES)));
typedef std::uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef std::uint8_t vb __attribute__((vector_size(LANES)));
typedef double vd __attribute__((vector_size(8 * LANES)));
static_assert(sizeof(vf) == 4 * LANES);

inline vf load(const float* p) {
    vf v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
inline vu load(const std::uint32_t* p) {
    vu v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
inline void store(float* p, vf v) { std::memcpy(p, &v, sizeof v); }
inline void store(std::uint32_t* p, vu v) { std::memcpy(p, &v, sizeof v); }
inline vf splat(float x) { return x - vf{}; }

// Intrinsics: gcc 12 splits a loop of scalar fma calls over a vector into single lanes.
inline vf fma(vf a, vf b, vf c) {
#if defined(__AVX512F__)
    return reinterpret_cast<vf>(
        _mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
#elif defined(__FMA__)
    return reinterpret_cast<vf>(
        _mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
#elif defined(__aarch64__)
    return reinterpret_cast<vf>(vfmaq_f32(reinterpret_cast<float32x4_t>(c), reinterpret_cast<float32x4_t>(a),
                                          reinterpret_cast<float32x4_t>(b)));
#else
    return a * b + c;
#endif
}
// a < b ? a : b and a > b ? a : b, so b where either is NaN. Intrinsics: gcc 12 makes a comparison and a blend of it.
inline vf min(vf a, vf b) {
#if defined(__AVX512F__)
    return reinterpret_cast<vf>(_mm512_min_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
#elif defined(__AVX__)
    return reinterpret_cast<vf>(_mm256_min_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b)));
#elif defined(__SSE__)
    return reinterpret_cast<vf>(_mm_min_ps(reinterpret_cast<__m128>(a), reinterpret_cast<__m128>(b)));
#else
    return a < b ? a : b;
#endif
}
inline vf max(vf a, vf b) { return -min(-a, -b); }
inline vf abs(vf x) { return reinterpret_cast<vf>(reinterpret_cast<vi>(x) & 0x7fffffff); }

// Bit l of the result is lane l of a comparison.
inline unsigned bits_of(vi mask) {
#if defined(__AVX512F__)
    return _mm512_test_epi32_mask(reinterpret_cast<__m512i>(mask), reinterpret_cast<__m512i>(mask));
#elif defined(__AVX__)
    return static_cast<unsigned>(_mm256_movemask_ps(reinterpret_cast<__m256>(mask)));
#elif defined(__SSE__)
    return static_cast<unsigned>(_mm_movemask_ps(reinterpret_cast<__m128>(mask)));
#else
    unsigned bits = 0;
    for (std::size_t l = 0; l < LANES; ++l) bits |= (mask[l] != 0 ? 1u : 0u) << l;
    return bits;
#endif
}

// High and low halves of the 64-bit products of a and b. Intrinsics: gcc 12 widens in a way that costs three times as
// much.
inline void wide_product(vu& high, vu& low, vu a, std::uint32_t b) {
#if defined(__AVX512F__)
    __m512i x = reinterpret_cast<__m512i>(a), m = _mm512_set1_epi32(static_cast<int>(b));
    __m512i even = _mm512_mul_epu32(x, m), odd = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), m);
    high = reinterpret_cast<vu>(_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd));
    low = reinterpret_cast<vu>(_mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32)));
#elif defined(__AVX2__)
    __m256i x = reinterpret_cast<__m256i>(a), m = _mm256_set1_epi32(static_cast<int>(b));
    __m256i even = _mm256_mul_epu32(x, m), odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), m);
    high = reinterpret_cast<vu>(_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa));
    low = reinterpret_cast<vu>(_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa));
#else
    for (std::size_t l = 0; l < LANES; ++l) {
        std::uint64_t product = std::uint64_t{a[l]} * b;
        high[l] = static_cast<std::uint32_t>(product >> 32);
        low[l] = static_cast<std::uint32_t>(product);
    }
#endif
}

// While it lives, results below the normal numbers are zero; then the thread's own mode is back.
class FlushToZero {
  public:
    FlushToZero(const FlushToZero&) = delete;
    FlushToZero& operator=(const FlushToZero&) = delete;
#if defined(__SSE__)
    FlushToZero() : before_(_mm_getcsr()) { set(before_ | 0x8000); }
    ~FlushToZero() { set(before_); }

  private:
    static void set(unsigned mode) {
        asm volatile("" ::: "memory");  // no computation moves across
        _mm_setcsr(mode);
        asm volatile("" ::: "memory");
    }
    unsigned before_;
#elif defined(__aarch64__)
    FlushToZero() {
        asm volatile("mrs %0, fpcr" : "=r"(before_)::"memory");
        set(before_ | 1u << 24);
    }
    ~FlushToZero() { set(before_); }

  private:
    static void set(std::uint64_t mode) { asm volatile("msr fpcr, %0" ::"r"(mode) : "memory"); }
    std::uint64_t before_;
#else
#error "ardens knows how to flush to zero on x86-64 and aarch64 only"
#endif
};

// The same value, of which the compiler forgets how it was made: whatever is at a fixed distance from a pointer is then
// reached through it, and not each through an address of its own.
template <typename T>
inline T opaque(T value) {
    asm("" : "+r"(value));
    return value;
}

}  // namespace
