#include "engine/rows.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ardens {
namespace {

// Eight bytes of 0 and 1 to one, the first in the highest bit.
inline std::uint8_t pack_eight(const std::uint8_t* bits) {
    if constexpr (std::endian::native == std::endian::little) {
        // Byte k is moved from bit 8 k to bit 63 - k; no two products meet in a bit, so none carries.
        std::uint64_t word;
        std::memcpy(&word, bits, sizeof word);
        return static_cast<std::uint8_t>((word * 0x8040201008040201u) >> 56);
    }
    unsigned byte = 0;
    for (int b = 0; b < 8; ++b) byte = byte << 1 | bits[b];
    return static_cast<std::uint8_t>(byte);
}

}  // namespace

const std::uint8_t* first_above_one(const std::uint8_t* begin, const std::uint8_t* end) {
    // Whole pieces are or-ed together first: a loop without an exit is compiled to wide registers.
    constexpr std::ptrdiff_t AT_ONCE = 4096;
    for (; begin < end; begin += std::min(AT_ONCE, end - begin)) {
        const std::uint8_t* stop = begin + std::min(AT_ONCE, end - begin);
        std::uint8_t seen = 0;
        for (const std::uint8_t* p = begin; p < stop; ++p) seen |= *p;
        if (seen > 1) return std::find_if(begin, stop, [](std::uint8_t x) { return x > 1; });
    }
    return end;
}

void pack_row(std::uint8_t* out, const std::uint8_t* row, std::size_t n) {
    std::size_t whole = n / 8;
    for (std::size_t k = 0; k < whole; ++k) out[k] = pack_eight(row + 8 * k);
    if (n % 8 == 0) return;
    std::uint8_t last[8] = {};
    std::memcpy(last, row + 8 * whole, n % 8);
    out[whole] = pack_eight(last);
}

}  // namespace ardens
