// Beam search: of the completions of all that is known up to a block, the most probable ones go on.
#include <algorithm>
#include <limits>
#include <tuple>

#include "engine/drawing.hpp"
#include "engine/memory.hpp"
#include "engine/parallel.hpp"
#include "engine/particles.hpp"

namespace ardens {
namespace {

constexpr std::size_t PATTERNS = std::size_t{1} << BLOCK;

// One way to go on: a row, and which features of the next block have a one.
struct Candidate {
    double nats;
    std::size_t row;
    unsigned ones;
};

// What a thread has to itself, for so many rows that go on.
struct BeamMemory {
    DrawnTile drawn;
    std::uint8_t* tile_X;
    float *states, *next_states;
    std::uint8_t *X, *next_X;
    double* nats;  // of the rows that go on
    Candidate* ways;
    std::uint64_t* marks;  // the states of codes that the cells leave
    BeamMemory(Scratch& memory, std::size_t n, Needs needs, std::size_t beam, std::size_t n_marks)
        : drawn(memory, n, needs),
          tile_X(memory.take<std::uint8_t>(MAX_TILE * n)),
          states(memory.take<float>(beam * kept_floats(needs))),
          next_states(memory.take<float>(beam * kept_floats(needs))),
          X(memory.take<std::uint8_t>(beam * n)),
          next_X(memory.take<std::uint8_t>(beam * n)),
          nats(memory.take<double>(beam)),
          ways(memory.take<Candidate>(beam * PATTERNS)),
          marks(memory.take<std::uint64_t>(n_marks)) {}
};

// The search for one row of cells.
class Beam {
  public:
    Beam(Drawing& drawing, const BeamMemory& memory, const Codes* codes, std::size_t n, std::size_t kept,
         std::size_t most)
        : drawing_(drawing), its_(memory), codes_(codes), n_(n), kept_(kept), most_(most) {}

    // False where `stop` says so, which is asked before every tile.
    template <typename Stop>
    bool search(const std::uint8_t* cells, Stop stop) {
        rows_ = 1;
        its_.nats[0] = 0.0;
        left_out_ = -std::numeric_limits<double>::infinity();
        alive_ = codes_ && needs_alive(*codes_, cells);
        if (alive_) mark_alive(its_.marks, *codes_, cells);
        drawing_.begin(1, true);
        drawing_.keep(its_.states, 0);
        for (std::size_t block = 0; block < pad(n_, BLOCK) / BLOCK; ++block) {
            find_ways(cells, block);
            if (ways_ > most_ && !choose(block, stop)) return false;
            bool ended = !go_on(block, stop, [&](std::size_t way, std::size_t r) {
                drawing_.keep(its_.next_states + way * kept_, r);
                std::memcpy(its_.next_X + way * n_, its_.tile_X + r * n_, std::min(n_, BLOCK * (block + 1)));
            });
            if (ended) return false;
            std::swap(its_.states, its_.next_states);
            std::swap(its_.X, its_.next_X);
            rows_ = ways_;
            for (std::size_t row = 0; row < rows_; ++row) its_.nats[row] = its_.ways[row].nats;
        }
        return true;
    }

    // The best one, its nats, and the most that was left out.
    void write(std::uint8_t* X, double& nats, double& left_out) const {
        std::size_t best = static_cast<std::size_t>(std::max_element(its_.nats, its_.nats + rows_) - its_.nats);
        std::memcpy(X, its_.X + best * n_, n_);
        nats = its_.nats[best];
        left_out = left_out_;
    }

  private:
    // All completions of a block, for every row.
    void find_ways(const std::uint8_t* cells, std::size_t block) {
        unsigned known = 0, ones = 0;
        for (std::size_t q = 0; q < BLOCK; ++q) {
            std::uint8_t cell = BLOCK * block + q < n_ ? cells[BLOCK * block + q] : 0;
            known |= static_cast<unsigned>(cell != UNKNOWN) << q;
            ones |= static_cast<unsigned>(cell == 1) << q;
        }
        ways_ = 0;
        for (std::size_t row = 0; row < rows_; ++row)
            for (unsigned pattern = 0; pattern < PATTERNS; ++pattern)
                if (!(pattern & known) && allows(row, block, pattern | ones))
                    its_.ways[ways_++] = {its_.nats[row], row, pattern | ones};
        if (ways_ == 0) its_.ways[ways_++] = {-std::numeric_limits<double>::infinity(), 0, ones};
    }

    // Whether codes let a row go on so.
    bool allows(std::size_t row, std::size_t block, unsigned ones) const {
        if (!codes_) return true;
        std::int32_t state = Drawing::walk_of(its_.states + row * kept_, kept_);
        for (std::size_t q = 0; q < BLOCK && BLOCK * block + q < n_; ++q) {
            state = codes_->steps[state].next[ones >> q & 1];
            if (state < 0 || (alive_ && !(its_.marks[state / 64] >> state % 64 & 1))) return false;
        }
        return true;
    }

    // Leaves the best of them, with the nats that they had before the block.
    template <typename Stop>
    bool choose(std::size_t block, Stop stop) {
        if (!go_on(block, stop, [](std::size_t, std::size_t) {})) return false;
        std::sort(its_.ways, its_.ways + ways_, [](const Candidate& a, const Candidate& b) {
            return std::tie(b.nats, a.row, a.ones) < std::tie(a.nats, b.row, b.ones);
        });
        left_out_ = std::max(left_out_, its_.ways[most_].nats);
        ways_ = most_;
        for (std::size_t way = 0; way < ways_; ++way) its_.ways[way].nats = its_.nats[its_.ways[way].row];
        return true;
    }

    // Goes all the ways through a block, a tile at a time, and adds its nats. keep(way, row of the tile)
    template <typename Stop, typename Keep>
    bool go_on(std::size_t block, Stop stop, Keep keep) {
        for (std::size_t first = 0; first < ways_; first += MAX_TILE) {
            if (stop()) return false;
            std::size_t count = std::min(MAX_TILE, ways_ - first);
            Known known{};
            double nats[MAX_TILE];
            for (std::size_t r = 0; r < count; ++r) {
                const Candidate& way = its_.ways[first + r];
                drawing_.take(r, its_.states + way.row * kept_);
                std::memcpy(its_.tile_X + r * n_, its_.X + way.row * n_, std::min(n_, BLOCK * block));
                nats[r] = way.nats;
                for (std::size_t q = 0; q < BLOCK && BLOCK * block + q < n_; ++q) {
                    known.rows[q] |= RowSet{1} << r;
                    known.ones[q] |= RowSet{way.ones >> q & 1} << r;
                }
            }
            drawing_.draw(its_.tile_X, known, block, count);
            drawing_.add_known(nats, known, block, count);
            for (std::size_t r = 0; r < count; ++r) {
                its_.ways[first + r].nats = nats[r];
                keep(first + r, r);
            }
        }
        return true;
    }

    Drawing& drawing_;
    BeamMemory its_;
    const Codes* codes_;  // or null
    std::size_t n_, kept_, most_;
    bool alive_ = false;  // whether codes look ahead to what is known
    std::size_t rows_ = 1, ways_ = 0;
    double left_out_ = 0.0;
};

}  // namespace

void most_probable(const Completions& out, const Description& model, const View& view, const std::uint8_t* cells,
                   std::size_t count, std::size_t beam, int threads, Poll poll) {
    if (count == 0) return;
    std::size_t n = model.shape.n;
    threads = useful_threads(threads, count * beam * model.size);
    Needs needs = model_kernels(model).needs(model.shape);
    std::size_t n_marks = model.codes ? alive_words(*model.codes) : 0,
                per_thread = floats_of<BeamMemory>(n, needs, beam, n_marks);
    Workspace space(per_thread * threads);
    Interrupt interrupt(poll);
    parallel_for(count, threads, [&](std::size_t k, int thread) {
        auto memory = lay_out<BeamMemory>(space.get() + thread * per_thread, n, needs, beam, n_marks);
        std::fill_n(memory.drawn.numbers, MAX_TILE + DrawnTile::READ, 0);  // nothing is drawn
        Drawing drawing(model, view, 0, memory.drawn);
        Beam search(drawing, memory, model.codes.get(), n, kept_floats(needs), beam);
        if (search.search(cells + k * n, [&] { return interrupt.asked(thread); }))
            search.write(out.X + k * n, out.log_prob[k], out.left_out[k]);
    });
    interrupt.raise();
}

}  // namespace ardens
