// Shapes and the function table: what the kernels and those who call them agree on.
#pragma once

#include <cstddef>
#include <cstdint>

enum class Activation : std::uint8_t { sigmoid, tanh, relu };

// Rows are vectors of n features; d hidden units (0 where a model has none). The rest are NADE's variants.
struct Shape {
    std::size_t n;
    std::size_t d;
    Activation activation = Activation::sigmoid;
    bool direct = false;  // weights from inputs to logits, as FVSBN's
    bool tied = false;    // V is W transposed
};

namespace {

constexpr std::size_t LINE = 16;        // floats of a cache line, lanes of every sum, the grain of padded rows
constexpr std::size_t BLOCK = 4;        // features taken at once: as many as a call of Philox has words
constexpr std::size_t PART = 2 * LINE;  // hidden units of a part of NADE: two lines, which share their divisions

constexpr std::size_t pad(std::size_t count, std::size_t grain) { return (count + grain - 1) / grain * grain; }
// Length of a padded row. Rows a multiple of 512 bytes apart would share few cache sets when a
// column of them is swept, so such rows get one line more.
constexpr std::size_t spread(std::size_t count) { return count % 128 == 0 ? count + LINE : count; }
constexpr std::size_t n_blocks(Shape s) { return pad(s.n, BLOCK) / BLOCK; }

}  // namespace

// A fitted model as its kernels see it.
struct View {
    Shape shape;
    const float* params;
    const float* tables;  // derived from params by `prepare`
};

using RowSet = std::uint64_t;  // of a tile: row r in bit r

// What codes say of a bit: the state after a zero and after a one, negative where that is not possible.
struct Step {
    std::int32_t next[2];
    bool forced() const { return next[0] < 0 || next[1] < 0; }
};

// Where the rows of a tile stand in their codes while they are drawn.
struct Walk {
    const Step* steps;
    std::int32_t* states;
    const std::uint64_t* const* alive;  // of each row, the states from which what is known can come, as bits; or null
};

// What is known of a block: of which rows, and which of those have a one. While a block is drawn, what codes force
// leaves it, as it adds no nats, and what follows from codes and from what is known comes in.
struct Known {
    RowSet rows[BLOCK], ones[BLOCK];
    RowSet impossible;  // rows of which that cannot be
    const Walk* walk;   // or null
};

// What a model needs of memory, in floats, for a tile of rows.
struct Needs {
    std::size_t tables;    // derived from the parameters, once
    std::size_t state;     // per row, from `logits` to `backward`
    std::size_t drawn;     // per row, while it is drawn
    std::size_t scratch;   // per thread, for `logits`
    std::size_t backward;  // per thread, for `backward` or `gradient`
};

constexpr std::size_t MAX_TILE = 64;    // rows of one call of `logits` and `draw`
constexpr std::size_t MAX_BATCH = 128;  // rows of one call of `backward` or `gradient`
constexpr std::size_t MAX_STAGES = 2;

using Words = std::uint32_t[BLOCK][MAX_TILE];  // random ones of a block, for every row of a tile

// One model at one instruction-set level. Arguments: outputs, inputs, sizes.
// X is (rows, n) of 0 and 1; logits and delta are (rows, pad(n, LINE)).
struct ModelKernels {
    Needs (*needs)(Shape);
    // Work items of a stage of `prepare`; stages run one after the other, items in any order. 0: no such stage.
    std::size_t (*stage_items)(Shape, std::size_t stage);
    void (*prepare)(float* tables, const float* params, Shape, std::size_t stage, std::size_t begin, std::size_t end);
    // `state` is (rows, needs.state) here; `backward` gets the states of all rows of the batch.
    void (*logits)(float* logits, float* state, const View&, const std::uint8_t* X, std::size_t rows, float* scratch);
    // Parts of the parameters whose gradients are computed independently of one another.
    std::size_t (*parts)(Shape);
    // grad += d(sum over rows of log p) / d(params), for the parts [begin, end).
    void (*backward)(float* grad, const View&, const float* delta, float* state, const std::uint8_t* X,
                     std::size_t rows, std::size_t begin, std::size_t end, float* scratch);
    // Instead of it, where a part needs the logits of its own features alone: grad += that of scale[r] times log p
    // of each row, and terms = those of log p, (rows, pad(n, LINE)) for all parts. Where `forced`, which may be null,
    // has 1, the bit has probability one. One of the two functions is null.
    void (*gradient)(float* grad, float* terms, const View&, const std::uint8_t* X, const std::uint8_t* forced,
                     const float* scale, std::size_t rows, std::size_t begin, std::size_t end, float* scratch);
    // Rows are drawn block by block; between two blocks a state may be copied, `needs.drawn` floats each. `begin` makes
    // those before the first block, `careful` ones if a row was `lost`: its logits are then not to be used.
    void (*begin)(float* states, const View&, std::size_t rows, bool careful);
    void (*draw)(std::uint8_t* X, float* logits, float* states, const View&, const Words&, Known&, std::size_t block,
                 std::size_t rows);
    RowSet (*lost)(const float* states, const View&, std::size_t rows);  // null where none ever is
};

// What happens to logits, the same for every model.
struct BernoulliKernels {
    void (*log_prob)(double* out, const float* logits, const std::uint8_t* X, std::size_t rows, std::size_t n);
    void (*terms)(double* out, const float* logits, const std::uint8_t* X, std::size_t rows, std::size_t n);
    void (*conditionals)(double* out, const float* logits, std::size_t rows, std::size_t n);
    // The sums of terms, (rows, pad(n, LINE)) of them.
    void (*sum)(double* out, const float* terms, std::size_t rows, std::size_t n);
    // delta = scale[r] * (x - p) of row r, padding 0; log_prob as above.
    void (*delta)(float* delta, double* log_prob, const float* logits, const std::uint8_t* X, const float* scale,
                  std::size_t rows, std::size_t n);
    // Random words of a block for rows of these numbers: a pure function of (seed, number, block).
    void (*words)(Words& words, std::uint64_t seed, const std::uint64_t* numbers, std::size_t block, std::size_t rows);
    // nats[r] += those of what is known of row r in a block.
    void (*known)(double* nats, const float* logits, const Known&, std::size_t block, std::size_t rows, std::size_t n);
};

// Optimizer steps on `count` floats: ascent, in place; decay is lr times the weight decay.
struct OptimKernels {
    void (*sgd)(float* params, float* velocity, const float* grad, float lr, float momentum, bool nesterov, float decay,
                std::size_t count);
    void (*rmsprop)(float* params, float* square, const float* grad, float lr, double rho, float epsilon, float decay,
                    std::size_t count);
    // m_scale = 1 / (1 - beta1^t), v_scale = 1 / (1 - beta2^t)
    void (*adam)(float* params, float* m, float* v, const float* grad, float lr, double beta1, double beta2,
                 float epsilon, float m_scale, float v_scale, float decay, std::size_t count);
    void (*ema)(float* average, const float* params, float weight, std::size_t count);
};

constexpr std::size_t REGRESSIONS = 8;  // that are solved side by side

// A number of each: a lane for each regression, all in one line of the cache, as registers have it.
struct alignas(8 * REGRESSIONS) Lanes {
    double of[REGRESSIONS];
    double& operator[](std::size_t lane) { return of[lane]; }
    double operator[](std::size_t lane) const { return of[lane]; }
};

// Rows as lists of their values other than 0 in groups of columns, as ones of neighbours often come together.
constexpr std::uint32_t GROUP = 4;
static_assert(REGRESSIONS % GROUP == 0, "groups of columns end where regressions side by side do");

struct GroupValue {
    std::uint32_t column;  // the first of the group
    std::uint32_t bits;    // bit k: whether column + k has a one
};

struct RegressionRows {
    const GroupValue* values;     // those that occur, groups and bits in rising order
    const std::uint32_t* listed;  // places in `values`
    const std::size_t* first;     // where those of a row begin
    const std::uint32_t* length;  // how many it has, of the groups before the end of the regressions
    const std::uint32_t* row;     // which it is
    const double* weight;
    std::size_t column;        // of the first regression
    const std::uint8_t* free;  // of each row, the regressions that it counts in, as bits; null if in all
    std::size_t apart;         // bytes from one row's to the next
};

// What they sum up to: losses, all but the logarithm of `factor`; the derivatives by t of all rows; first and second
// derivatives by t of those with a value. Of row g the second one, at g * REGRESSIONS + lane.
struct RegressionSums {
    Lanes loss, factor, slope;
    Lanes *first, *second;
    float* curvature;
};

struct RegressionKernels {
    // Adds the rows [begin, end), with the weights of each value, summed over its ones, and intercepts b.
    void (*rows)(RegressionSums& sums, const Lanes* weights, const Lanes& b, const RegressionRows& rows,
                 std::size_t begin, std::size_t end);
    // How many bits the words `one` have in common with each of the others, (count, words).
    void (*common)(double* common, const std::uint64_t* one, const std::uint64_t* others, std::size_t count,
                   std::size_t words);
};

// What the machine can do at best.
struct CeilingKernels {
    double (*multiply_adds)(float* out, std::size_t rounds);
    void (*read)(float* out, const float* data, std::size_t count, std::size_t times);
};

struct Kernels {
    ModelKernels tabular, fvsbn, mlp, nade;
    BernoulliKernels bernoulli;
    OptimKernels optim;
    CeilingKernels ceilings;
    RegressionKernels regressions;
};
