#include "engine/codes.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

#include "engine/parallel.hpp"
#include "engine/particles.hpp"

namespace ardens {
namespace {

constexpr std::int64_t MOST_LEAVES = std::int64_t{1} << 62;
constexpr std::ptrdiff_t NONE = std::numeric_limits<std::ptrdiff_t>::max();

void require(bool condition, const char* wanted) {
    if (!condition) throw std::invalid_argument(std::string("codes must have ") + wanted);
}

// The least place that check(row), a place or NONE, gives; -1 if there is none.
template <typename Check>
std::ptrdiff_t first_of(std::size_t count, int threads, Poll poll, Check check) {
    constexpr std::size_t PIECE = 1024;
    std::atomic<std::ptrdiff_t> first{NONE};
    Interrupt interrupt(poll);
    parallel_for((count + PIECE - 1) / PIECE, threads, [&](std::size_t piece, int thread) {
        if (interrupt.asked(thread)) return;
        for (std::size_t r = piece * PIECE; r < std::min(count, (piece + 1) * PIECE); ++r) {
            std::ptrdiff_t place = check(r), least = first.load();
            while (place < least && !first.compare_exchange_weak(least, place)) {
            }
            if (place != NONE) break;
        }
    });
    interrupt.raise();
    return first == NONE ? -1 : first.load();
}

std::ptrdiff_t place_of(std::size_t row, std::size_t width, std::size_t at) {
    return static_cast<std::ptrdiff_t>(row * width + at);
}

constexpr std::size_t TOGETHER = 4;  // rows, as each waits for its next state

// `force` of some rows from the r-th on: without a branch, as which bits are forced is hard to foresee.
template <std::size_t count>
void force_rows(float* logits, const Codes& codes, const std::uint8_t* X, std::size_t r) {
    static_assert(std::numeric_limits<float>::is_iec559);
    std::size_t n = codes.n_bits(), stride = pad(n, LINE);
    const Step* steps = codes.steps.data();
    std::int32_t states[count] = {}, dead = codes.dead();
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < count; ++k) {
            Step step = steps[states[k]];
            std::int32_t next = steps[states[k]].next[X[(r + k) * n + i] & 1];
            states[k] = next < 0 ? dead : next;
            float* logit = logits + (r + k) * stride + i;
            auto zero = static_cast<std::uint32_t>(step.next[0]), one = static_cast<std::uint32_t>(step.next[1]);
            std::uint32_t forced = -((zero | one) >> 31), sign = one & 0x80000000u;
            std::uint32_t bits = (std::bit_cast<std::uint32_t>(*logit) & ~forced) | ((0x7f800000u | sign) & forced);
            *logit = std::bit_cast<float>(bits);
        }
}

bool mixed(const Codes& codes, const std::uint8_t* cells, std::size_t column) {
    const std::uint8_t *begin = cells + codes.column[column], *end = cells + codes.column[column + 1];
    auto unknown = std::count(begin, end, UNKNOWN);
    return unknown > 0 && unknown < end - begin;
}

}  // namespace

Codes::Codes(std::vector<Step> its_steps, std::vector<std::size_t> its_level, std::vector<std::size_t> its_column)
    : steps(std::move(its_steps)), level(std::move(its_level)), column(std::move(its_column)), zeros(steps.size()) {
    require(steps.size() < std::numeric_limits<std::int32_t>::max(), "fewer than 2^31 states");
    require(level.size() > 1 && level[0] == 0 && level.back() == steps.size(), "a level for every bit");
    require(column.size() > 1 && column[0] == 0 && column.back() == n_bits(), "columns of all bits");
    require(std::is_sorted(level.begin(), level.end(), std::less_equal<>()), "states before every bit");
    require(std::is_sorted(column.begin(), column.end(), std::less_equal<>()), "bits in every column");
    std::vector<std::int64_t> count(steps.size() + 1);
    leaves.resize(n_columns());
    for (std::size_t k = n_columns(); k-- > 0;) {
        std::size_t first = level[column[k]], end = level[column[k + 1]];
        require(level[column[k] + 1] == first + 1, "one state before the first bit of a column");
        require(end == steps.size() || level[column[k + 1] + 1] == end + 1, "one state behind a column");
        count[end] = 1;
        for (std::size_t i = column[k + 1]; i-- > column[k];)
            for (std::size_t s = level[i]; s < level[i + 1]; ++s) {
                std::size_t behind = i + 2 < level.size() ? level[i + 2] : steps.size() + 1;
                for (int bit : {0, 1}) {
                    std::int32_t next = steps[s].next[bit];
                    if (next < 0) continue;
                    require(std::size_t(next) >= level[i + 1] && std::size_t(next) < behind,
                            "steps from one level to the next");
                    if (!bit) zeros[s] = count[next];
                    require(count[next] <= MOST_LEAVES - count[s], "at most 2^62 leaves in a column");
                    count[s] += count[next];
                }
                require(count[s] > 0, "a way on from every state");
            }
        leaves[k] = count[first];
    }
    steps.push_back({{-1, -1}});  // the end, from which nothing goes on
    steps.push_back({{dead(), dead()}});
}

std::ptrdiff_t encode(std::uint8_t* X, const Codes& codes, const std::int64_t* leaves, std::size_t count, int threads,
                      Poll poll) {
    std::size_t n = codes.n_bits(), columns = codes.n_columns();
    return first_of(count, threads, poll, [&](std::size_t r) {
        for (std::size_t k = 0; k < columns; ++k) {
            std::int64_t leaf = leaves[r * columns + k];
            if (leaf < 0 || leaf >= codes.leaves[k]) return place_of(r, columns, k);
            std::int32_t state = codes.start(k);
            for (std::size_t i = codes.column[k]; i < codes.column[k + 1]; ++i) {
                std::int64_t zeros = codes.zeros[state];
                bool one = leaf >= zeros;
                if (one) leaf -= zeros;
                X[r * n + i] = one;
                state = codes.steps[state].next[one];
            }
        }
        return NONE;
    });
}

std::ptrdiff_t decode(std::int64_t* leaves, const Codes& codes, Rows rows, int threads, Poll poll) {
    std::size_t n = codes.n_bits(), columns = codes.n_columns();
    return first_of(rows.count, threads, poll, [&](std::size_t r) {
        for (std::size_t k = 0; k < columns; ++k) {
            std::int64_t leaf = 0;
            std::int32_t state = codes.start(k);
            for (std::size_t i = codes.column[k]; i < codes.column[k + 1]; ++i) {
                std::uint8_t x = rows.X[r * n + i];
                if (x > 1 || codes.steps[state].next[x] < 0) return place_of(r, n, i);
                if (x) leaf += codes.zeros[state];
                state = codes.steps[state].next[x];
            }
            leaves[r * columns + k] = leaf;
        }
        return NONE;
    });
}

void mark_forced(std::uint8_t* forced, const Codes& codes, Rows rows) {
    std::size_t n = codes.n_bits();
    for (std::size_t r = 0; r < rows.count; ++r) {
        std::int32_t state = 0;
        for (std::size_t i = r * n; i < (r + 1) * n; ++i) {
            Step step = codes.steps[state];
            std::int32_t next = step.next[rows.X[i] & 1];
            forced[i] = step.forced();
            state = next < 0 ? codes.dead() : next;
        }
    }
}

void force(float* logits, const Codes& codes, const std::uint8_t* X, std::size_t rows) {
    std::size_t r = 0;
    for (; r + TOGETHER <= rows; r += TOGETHER) force_rows<TOGETHER>(logits, codes, X, r);
    for (; r < rows; ++r) force_rows<1>(logits, codes, X, r);
}

void mark_alive(std::uint64_t* alive, const Codes& codes, const std::uint8_t* cells) {
    std::fill_n(alive, alive_words(codes), ~std::uint64_t{0});
    for (std::size_t k = 0; k < codes.n_columns(); ++k) {
        if (!mixed(codes, cells, k)) continue;
        std::int32_t end = static_cast<std::int32_t>(codes.level[codes.column[k + 1]]);
        for (std::size_t i = codes.column[k + 1]; i-- > codes.column[k];)
            for (std::size_t s = codes.level[i]; s < codes.level[i + 1]; ++s) {
                bool lives = false;
                for (int bit : {0, 1}) {
                    std::int32_t next = codes.steps[s].next[bit];
                    if (next < 0 || (cells[i] != UNKNOWN && cells[i] != bit)) continue;
                    lives = lives || next >= end || (alive[next / 64] >> next % 64 & 1);
                }
                if (!lives) alive[s / 64] &= ~(std::uint64_t{1} << s % 64);
            }
    }
}

bool needs_alive(const Codes& codes, const std::uint8_t* cells) {
    for (std::size_t k = 0; k < codes.n_columns(); ++k)
        if (mixed(codes, cells, k)) return true;
    return false;
}

std::ptrdiff_t first_impossible(const Codes& codes, Rows cells, int threads, Poll poll) {
    std::size_t n = codes.n_bits(), columns = codes.n_columns();
    return first_of(cells.count, threads, poll, [&](std::size_t r) {
        const std::uint8_t* row = cells.X + r * n;
        std::vector<std::uint64_t> alive;
        for (std::size_t k = 0; k < columns; ++k) {
            std::int32_t state = codes.start(k);
            if (mixed(codes, row, k)) {
                if (alive.empty()) {
                    alive.resize(alive_words(codes));
                    mark_alive(alive.data(), codes, row);
                }
                if (!(alive[state / 64] >> state % 64 & 1)) return place_of(r, columns, k);
                continue;
            }
            if (row[codes.column[k]] == UNKNOWN) continue;
            for (std::size_t i = codes.column[k]; i < codes.column[k + 1] && state >= 0; ++i)
                state = codes.steps[state].next[row[i] & 1];
            if (state < 0) return place_of(r, columns, k);
        }
        return NONE;
    });
}

}  // namespace ardens
