// Memory of a call.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>

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

// Memory for one call. A calling thread keeps it for its next call, up to a
// limit: fresh pages cost as much as a batch of a small model. A call within a call, from a signal's handler
// that runs while the outer one polls, has memory of its own.
class Workspace {
  public:
    explicit Workspace(std::size_t count) : keeps_(count <= KEPT && !in_use) {
        if (!keeps_) {
            own_.emplace(count);
            data_ = own_->get();
            return;
        }
        if (count > kept_count) {
            kept_count = 0;
            kept.emplace(count);
            kept_count = count;
        }
        data_ = kept->get();
        in_use = true;
    }
    ~Workspace() {
        if (keeps_) in_use = false;
    }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    float* get() const { return data_; }

  private:
    static constexpr std::size_t KEPT = 16 << 20;  // floats
    inline static thread_local std::optional<Floats> kept;
    inline static thread_local std::size_t kept_count = 0;
    inline static thread_local bool in_use = false;
    bool keeps_;
    std::optional<Floats> own_;
    float* data_;
};

}  // namespace ardens
