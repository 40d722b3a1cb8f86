// A tile of rows while they are drawn, block by block.
#pragma once

#include <cstring>

#include "engine/codes.hpp"
#include "engine/work.hpp"
#include "kernels/scratch.hpp"

namespace ardens {

// What a tile needs of memory: states and logits of its rows, the numbers that these have under a seed, and where they
// stand in their codes.
struct DrawnTile {
    static constexpr std::size_t READ = 16;  // numbers that are read past the last row
    float *states, *logits;
    std::uint64_t* numbers;
    std::int32_t* walks;
    DrawnTile(Scratch& memory, std::size_t n, Needs needs)
        : states(memory.take<float>(MAX_TILE * needs.drawn)),
          logits(memory.take<float>(MAX_TILE * pad(n, LINE))),
          numbers(memory.take<std::uint64_t>(MAX_TILE + READ)),
          walks(memory.take<std::int32_t>(MAX_TILE)) {}
};

// Floats of the state of a row that is drawn, which may be kept: the kernel's, and where it stands in its codes.
inline std::size_t kept_floats(const Needs& needs) { return needs.drawn + LINE; }

// The rows of a tile under one model and seed.
class Drawing {
  public:
    Drawing(const Description& model, const View& view, std::uint64_t seed, const DrawnTile& tile)
        : kernels_(model_kernels(model)),
          bernoulli_(kernels().bernoulli),
          codes_(model.codes.get()),
          view_(view),
          seed_(seed),
          drawn_(kernels_.needs(model.shape).drawn),
          tile_(tile),
          walk_{codes_ ? codes_->steps.data() : nullptr, tile.walks, nullptr} {}

    // What is known of each row, as marks of the states that it can come from.
    void follow(const std::uint64_t* const* alive) { walk_.alive = alive; }

    void begin(std::size_t rows, bool careful) const {
        kernels_.begin(tile_.states, view_, rows, careful);
        if (codes_) std::fill_n(tile_.walks, rows, 0);
    }
    void draw(std::uint8_t* X, Known& known, std::size_t block, std::size_t rows) const {
        alignas(64) Words words;
        known.walk = codes_ ? &walk_ : nullptr;
        bernoulli_.words(words, seed_, tile_.numbers, block, rows);
        kernels_.draw(X, tile_.logits, tile_.states, view_, words, known, block, rows);
    }
    // nats[r] += those of what is known in the block that was drawn last.
    void add_known(double* nats, const Known& known, std::size_t block, std::size_t rows) const {
        bernoulli_.known(nats, tile_.logits, known, block, rows, view_.shape.n);
    }
    // The nats of all that was drawn.
    void log_prob(double* out, const std::uint8_t* X, std::size_t rows) const {
        if (codes_) force(tile_.logits, *codes_, X, rows);
        bernoulli_.log_prob(out, tile_.logits, X, rows, view_.shape.n);
    }
    // The rows that are to be drawn again, carefully.
    RowSet lost(std::size_t rows) const { return kernels_.lost ? kernels_.lost(tile_.states, view_, rows) : 0; }
    bool is_lost(std::size_t row) const { return kernels_.lost && kernels_.lost(state(row), view_, 1); }

    void copy(std::size_t to, std::size_t from) const {
        std::memcpy(state(to), state(from), drawn_ * sizeof(float));
        tile_.walks[to] = tile_.walks[from];
    }
    // To and from kept_floats.
    void keep(float* to, std::size_t row) const {
        std::memcpy(to, state(row), drawn_ * sizeof(float));
        std::memcpy(to + drawn_, tile_.walks + row, sizeof(std::int32_t));
    }
    void take(std::size_t row, const float* from) const {
        std::memcpy(state(row), from, drawn_ * sizeof(float));
        std::memcpy(tile_.walks + row, from + drawn_, sizeof(std::int32_t));
    }

    // Where a row that was kept stands.
    static std::int32_t walk_of(const float* kept, std::size_t floats) {
        std::int32_t walk;
        std::memcpy(&walk, kept + floats - LINE, sizeof walk);
        return walk;
    }

  private:
    float* state(std::size_t row) const { return tile_.states + row * drawn_; }

    const ModelKernels& kernels_;
    const BernoulliKernels& bernoulli_;
    const Codes* codes_;  // or null
    View view_;
    std::uint64_t seed_;
    std::size_t drawn_;
    DrawnTile tile_;
    Walk walk_;
};

}  // namespace ardens
