// Rows on their way through codes, while they are drawn bit by bit.
#pragma once

#include "kernels/row_set.hpp"

namespace {

// The rows with a one, of those that were drawn with one: where codes leave a choice, as drawn.
inline RowSet walk_on(const Walk& walk, RowSet drawn, std::size_t rows) {
    RowSet ones = 0;
    for (std::size_t r = 0; r < rows; ++r) {
        Step step = walk.steps[walk.states[r]];
        bool one = step.next[0] < 0 || (step.next[1] >= 0 && (drawn >> r & 1));
        walk.states[r] = step.next[one];
        ones |= RowSet{one} << r;
    }
    return ones;
}

// The same where something is known of the rows. One of which that is not possible goes on as its codes allow.
inline RowSet walk_on(Known& known, std::size_t q, RowSet drawn, std::size_t rows) {
    const Walk& walk = *known.walk;
    RowSet ones = 0;
    for (std::size_t r = 0; r < rows; ++r) {
        Step step = walk.steps[walk.states[r]];
        bool is_known = known.rows[q] >> r & 1, one = drawn >> r & 1, can[2];
        for (int bit = 0; bit < 2; ++bit) {
            std::int32_t next = step.next[bit];
            const std::uint64_t* alive = walk.alive ? walk.alive[r] : nullptr;
            can[bit] = next >= 0 && (!is_known || bit == one) && (!alive || (alive[next / 64] >> next % 64 & 1));
        }
        if (!can[0] && !can[1]) {
            known.impossible |= row_set(r);
            one = step.next[0] < 0;
        } else if (!can[0] || !can[1]) {
            one = can[1];
            known.rows[q] |= row_set(r);
            known.ones[q] = (known.ones[q] & ~row_set(r)) | RowSet{one} << r;
        }
        if (step.forced()) known.rows[q] &= ~row_set(r);
        walk.states[r] = step.next[one];
        ones |= RowSet{one} << r;
    }
    return ones;
}

}  // namespace
