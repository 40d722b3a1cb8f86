#include "engine/particles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/drawing.hpp"
#include "engine/memory.hpp"
#include "engine/parallel.hpp"
#include "kernels/philox.hpp"
#include "kernels/row_set.hpp"

namespace ardens {
namespace {

constexpr std::size_t LARGEST = MAX_TILE, FEWEST = 8, SMALLEST = 8;  // as the reference has them
constexpr std::uint32_t RESAMPLING = 3;                              // stream of Philox
constexpr double IMPOSSIBLE = -std::numeric_limits<double>::infinity();

// Uniform number of an island whose first particle has this number, after a block.
double uniform(std::uint64_t seed, std::uint64_t number, std::size_t block) {
    std::uint32_t words[4] = {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32),
                              static_cast<std::uint32_t>(block), RESAMPLING};
    philox_rounds(words, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
    return (words[0] + 0.5) / 4294967296.0;
}

// What is known of a block, of rows of cells.
Known known_of(const std::uint8_t* const* cells, std::size_t rows, std::size_t block, std::size_t n) {
    Known known{};
    for (std::size_t q = 0, i = BLOCK * block; q < BLOCK && i < n; ++q, ++i)
        for (std::size_t r = 0; r < rows; ++r) {
            std::uint8_t cell = cells[r][i];
            known.rows[q] |= RowSet{cell != UNKNOWN} << r;
            known.ones[q] |= RowSet{cell == 1} << r;
        }
    return known;
}

// What a thread has to itself.
struct ParticleMemory {
    DrawnTile drawn;
    std::uint8_t* X;       // where they are not wanted
    std::uint64_t* marks;  // of each question of a tile, the states of codes that it leaves
    ParticleMemory(Scratch& memory, std::size_t n, Needs needs, bool wanted, std::size_t n_marks)
        : drawn(memory, n, needs),
          X(memory.take<std::uint8_t>(wanted ? 0 : MAX_TILE * n)),
          marks(memory.take<std::uint64_t>(MAX_TILE * n_marks)) {}
};

// The particles of one tile: whole islands, of one question or several.
class Tile {
  public:
    Tile(Drawing& drawing, const Codes* codes, const Questions& questions, std::size_t n, std::size_t island,
         std::size_t end, const ParticleMemory& memory)
        : drawing_(drawing), n_(n), blocks_(pad(n, BLOCK) / BLOCK) {
        std::size_t all = islands(questions.n_particles), P = questions.n_particles;
        for (; island < end; ++island) {
            std::size_t question = island / all, j = island % all, from = P * j / all, to = P * (j + 1) / all;
            const std::uint8_t* cells = questions.cells + question * n;
            std::size_t unknown = n;
            while (unknown > 0 && cells[unknown - 1] != UNKNOWN) --unknown;
            islands_[n_islands_++] = {rows_, rows_ + (to - from), questions.numbers[question] + from, unknown};
            for (std::size_t p = from; p < to; ++p, ++rows_) {
                memory.drawn.numbers[rows_] = questions.numbers[question] + p;
                cells_[rows_] = cells;
            }
        }
        one_ = std::all_of(cells_, cells_ + rows_, [this](const std::uint8_t* cells) {
            return cells == cells_[0] || std::equal(cells, cells + n_, cells_[0]);
        });
        if (codes) mark(*codes, memory.marks);
    }

    // Draws and weighs them; false if a row was lost on the way, unless that was careful.
    bool draw(std::uint8_t* X, double* log_weights, std::uint64_t seed, bool careful) {
        std::fill_n(log_weights, rows_, 0.0);
        std::size_t rows = one_ ? 1 : rows_;  // until something is unknown, one stands for all that are asked the same
        drawing_.begin(rows, careful);
        for (std::size_t block = 0; block < blocks_; ++block) {
            Known known = known_of(cells_, one_ ? 1 : rows_, block, n_);
            if (one_) {
                if (rows == 1 && any_unknown(block)) become_all(X, log_weights, rows = rows_, block);
                for (std::size_t q = 0; q < BLOCK; ++q) {
                    known.rows[q] = -known.rows[q];  // of the one row, of all
                    known.ones[q] = -known.ones[q];
                }
            }
            drawing_.draw(X, known, block, rows);
            drawing_.add_known(log_weights, known, block, rows);
            RowSet weighed = known.rows[0] | known.rows[1] | known.rows[2] | known.rows[3] | known.impossible;
            if (rows < rows_ || !weighed) continue;
            for (std::size_t j = 0; j < n_islands_; ++j) {
                const Island& island = islands_[j];
                bool goes_on = island.unknown > BLOCK * (block + 1),
                     counts = weighed & first_rows(island.end) & ~first_rows(island.first);
                if (goes_on && counts && !move(X, log_weights, island, seed, block, careful)) return false;
            }
        }
        if (rows < rows_) become_all(X, log_weights, rows_, blocks_);
        return careful || drawing_.lost(rows_) == 0;
    }

  private:
    struct Island {
        std::size_t first, end;
        std::uint64_t number;  // of its first particle
        std::size_t unknown;   // the feature behind the last unknown one
    };

    // The states that what is known of each row leaves, where codes need to look ahead for that.
    void mark(const Codes& codes, std::uint64_t* marks) {
        bool any = false;
        for (std::size_t r = 0; r < rows_; ++r) {
            bool same = r > 0 && cells_[r] == cells_[r - 1];
            alive_[r] = same ? alive_[r - 1] : needs_alive(codes, cells_[r]) ? marks + r * alive_words(codes) : nullptr;
            if (alive_[r] && !same) mark_alive(marks + r * alive_words(codes), codes, cells_[r]);
            any = any || alive_[r];
        }
        drawing_.follow(any ? alive_ : nullptr);
    }

    bool any_unknown(std::size_t block) const {
        std::size_t first = BLOCK * block, end = std::min(n_, first + BLOCK);
        return std::find(cells_[0] + first, cells_[0] + end, UNKNOWN) != cells_[0] + end;
    }

    // The first row stands for all that go on from the block.
    void become_all(std::uint8_t* X, double* log_weights, std::size_t rows, std::size_t block) const {
        for (std::size_t r = 1; r < rows; ++r) copy(X, r, 0, block);
        std::fill_n(log_weights, rows, log_weights[0]);
    }

    // Row `to` becomes as row `from`, up to the block.
    void copy(std::uint8_t* X, std::size_t to, std::size_t from, std::size_t block) const {
        drawing_.copy(to, from);
        std::memcpy(X + to * n_, X + from * n_, std::min(n_, BLOCK * block));
    }

    // Draws the particles of an island anew by their weights if few of them count.
    bool move(std::uint8_t* X, double* log_weights, const Island& island, std::uint64_t seed, std::size_t block,
              bool careful) const {
        std::size_t size = island.end - island.first;
        double *logs = log_weights + island.first, most = *std::max_element(logs, logs + size);
        if (!(most > IMPOSSIBLE)) return true;
        double weights[MAX_TILE], sum = 0.0, squares = 0.0;
        for (std::size_t p = 0; p < size; ++p) {
            weights[p] = std::exp(logs[p] - most);
            sum += weights[p];
            squares += weights[p] * weights[p];
        }
        if (2.0 * sum * sum >= static_cast<double>(size) * squares) return true;
        std::ptrdiff_t drawn[MAX_TILE];
        resample(drawn, size, weights, size, uniform(seed, island.number, block));
        // Every particle that is drawn keeps its place; more of it take the places of those that are not.
        std::size_t times[MAX_TILE] = {}, free = 0;
        for (std::size_t p = 0; p < size; ++p) ++times[drawn[p]];
        for (std::size_t p = 0; p < size; ++p)
            for (; times[p] > 1; --times[p], ++free) {
                while (times[free]) ++free;
                std::size_t to = island.first + free;
                if (!careful && drawing_.is_lost(to)) return false;
                copy(X, to, island.first + p, block + 1);
            }
        std::fill_n(logs, size, most + std::log(sum / static_cast<double>(size)));
        return true;
    }

    Drawing& drawing_;
    std::size_t n_, blocks_, rows_ = 0, n_islands_ = 0;
    Island islands_[MAX_TILE];
    const std::uint8_t* cells_[MAX_TILE];
    const std::uint64_t* alive_[MAX_TILE];
    bool one_;
};

}  // namespace

std::size_t islands(std::size_t n_particles) {
    return std::max((n_particles + LARGEST - 1) / LARGEST,
                    std::min(FEWEST, std::max<std::size_t>(1, n_particles / SMALLEST)));
}

void resample(std::ptrdiff_t* drawn, std::size_t n_drawn, const double* weights, std::size_t count, double u) {
    double total = 0.0, sum = 0.0, all = static_cast<double>(n_drawn);
    for (std::size_t p = 0; p < count; ++p) total += weights[p];
    std::size_t done = 0;
    for (std::size_t p = 0; p < count; ++p) {
        sum += weights[p];
        for (double edge = all * sum / total; done < n_drawn && static_cast<double>(done) + u < edge; ++done)
            drawn[done] = static_cast<std::ptrdiff_t>(p);
    }
}

void particles(std::uint8_t* X, double* log_weights, const Description& model, const View& view, std::uint64_t seed,
               const Questions& questions, int threads, Poll poll) {
    std::size_t n = model.shape.n, P = questions.n_particles, each = islands(P), all = questions.count * each;
    if (all == 0) return;
    std::size_t together = std::max<std::size_t>(1, MAX_TILE / ((P + each - 1) / each));  // islands of a tile
    threads = useful_threads(threads, questions.count * P * model.size);
    Needs needs = model_kernels(model).needs(model.shape);
    std::size_t n_marks = model.codes ? alive_words(*model.codes) : 0,
                per_thread = floats_of<ParticleMemory>(n, needs, X != nullptr, n_marks);
    Workspace space(per_thread * threads);
    Interrupt interrupt(poll);
    parallel_for((all + together - 1) / together, threads, [&](std::size_t item, int thread) {
        if (interrupt.asked(thread)) return;
        auto memory = lay_out<ParticleMemory>(space.get() + thread * per_thread, n, needs, X != nullptr, n_marks);
        std::size_t island = item * together, first = island / each * P + P * (island % each) / each;
        Drawing drawing(model, view, seed, memory.drawn);
        Tile tile(drawing, model.codes.get(), questions, n, island, std::min(all, island + together), memory);
        std::uint8_t* to = X ? X + first * n : memory.X;
        if (!tile.draw(to, log_weights + first, seed, false)) tile.draw(to, log_weights + first, seed, true);
    });
    interrupt.raise();
}

}  // namespace ardens
