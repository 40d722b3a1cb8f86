// A tile of rows while they are drawn, block by block.
#pragma once

#include <cstring>

#include "engine/work.hpp"
#include "kernels/scratch.hpp"

namespace ardens {

// What a tile needs of memory: states and logits of its rows, and the numbers that these have under a seed.
struct DrawnTile {
    static constexpr std::size_t READ = 16;  // numbers that are read past the last row
    float *states, *logits;
    std::uint64_t* numbers;
    DrawnTile(Scratch& memory, std::size_t n, Needs needs)
        : states(memory.take<float>(MAX_TILE * needs.drawn)),
          logits(memory.take<float>(MAX_TILE * pad(n, LINE))),
          numbers(memory.take<std::uint64_t>(MAX_TILE + READ)) {}
};

// The rows of a tile under one model and seed.
class Drawing {
  public:
    Drawing(const Description& model, const View& view, std::uint64_t seed, const DrawnTile& tile)
        : kernels_(model_kernels(model)),
          bernoulli_(kernels().bernoulli),
          view_(view),
          seed_(seed),
          drawn_(kernels_.needs(model.shape).drawn),
          tile_(tile) {}

    void begin(std::size_t rows, bool careful) const { kernels_.begin(tile_.states, view_, rows, careful); }
    void draw(std::uint8_t* X, const Known& known, std::size_t block, std::size_t rows) const {
        alignas(64) Words words;
        bernoulli_.words(words, seed_, tile_.numbers, block, rows);
        kernels_.draw(X, tile_.logits, tile_.states, view_, words, known, block, rows);
    }
    // nats[r] += those of what is known in the block that was drawn last.
    void add_known(double* nats, const Known& known, std::size_t block, std::size_t rows) const {
        bernoulli_.known(nats, tile_.logits, known, block, rows, view_.shape.n);
    }
    // The rows that are to be drawn again, carefully.
    RowSet lost(std::size_t rows) const { return kernels_.lost ? kernels_.lost(tile_.states, view_, rows) : 0; }
    bool is_lost(std::size_t row) const { return kernels_.lost && kernels_.lost(state(row), view_, 1); }

    float* state(std::size_t row) const { return tile_.states + row * drawn_; }
    void copy_state(float* to, const float* from) const { std::memcpy(to, from, drawn_ * sizeof(float)); }

  private:
    const ModelKernels& kernels_;
    const BernoulliKernels& bernoulli_;
    View view_;
    std::uint64_t seed_;
    std::size_t drawn_;
    DrawnTile tile_;
};

}  // namespace ardens
