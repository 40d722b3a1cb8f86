// What a call over rows needs besides its kernels: memory, and how the work is split.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "engine/isa.hpp"
#include "models.hpp"

namespace ardens {

// Floats on a cache line boundary, not initialised.
class Floats {
  public:
    explicit Floats(std::size_t count)
        : data_(static_cast<float*>(::operator new(std::max<std::size_t>(count, 1) * sizeof(float), ALIGN))) {}
    float* get() const { return data_.get(); }

  private:
    static constexpr std::align_val_t ALIGN{64};
    struct Free {
        void operator()(float* p) const { ::operator delete(p, ALIGN); }
    };
    std::unique_ptr<float, Free> data_;
};

// Memory for one call, taken piece by piece. A calling thread keeps it for its next call, up to a
// limit: fresh pages cost as much as a batch of a small model. A call within a call, from a signal's handler
// that runs while the outer one polls, has memory of its own.
class Workspace {
  public:
    explicit Workspace(std::size_t count) : keeps_(count <= KEPT && !in_use) {
        if (!keeps_) {
            own_.emplace(count);
            next_ = own_->get();
            return;
        }
        if (count > kept_count) {
            kept_count = 0;
            kept.emplace(count);
            kept_count = count;
        }
        next_ = kept->get();
        in_use = true;
    }
    ~Workspace() {
        if (keeps_) in_use = false;
    }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    static std::size_t padded(std::size_t count) { return pad(count, LINE); }
    float* take(std::size_t count) { return std::exchange(next_, next_ + padded(count)); }

  private:
    static constexpr std::size_t KEPT = 16 << 20;  // floats
    inline static thread_local std::optional<Floats> kept;
    inline static thread_local std::size_t kept_count = 0;
    inline static thread_local bool in_use = false;
    bool keeps_;
    std::optional<Floats> own_;
    float* next_;
};

inline const ModelKernels& model_kernels(const Description& model) { return kernels().*model.kernels; }

// Floats of a flat array that one thread takes at a time.
constexpr std::size_t PIECE = 32768;

// Threads that are worth waking for so many multiply-adds: some 10 microseconds of work for each.
inline int useful_threads(int threads, std::size_t multiply_adds) {
    constexpr std::size_t EACH = 200000;
    return static_cast<int>(std::clamp<std::size_t>(multiply_adds / EACH, 1, static_cast<std::size_t>(threads)));
}

// Rows in one tile: at most MAX_TILE and 2·10^9 multiply-adds, between which Ctrl-C gets through, and
// as many tiles for every thread. Results do not depend on it.
inline std::size_t tile_rows(const Description& model, std::size_t rows, int threads) {
    constexpr std::size_t MOST = 2000000000;
    std::size_t most =
                    std::clamp<std::size_t>(MOST / (model.size + 1), 1, MAX_TILE) * static_cast<std::size_t>(threads),
                rounds = (rows + most - 1) / most, tiles = rounds * static_cast<std::size_t>(threads);
    return std::max<std::size_t>(1, (rows + tiles - 1) / tiles);
}

}  // namespace ardens
