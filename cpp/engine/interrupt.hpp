// A call that is to end early (Ctrl-C), from inside a parallel region.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>

namespace ardens {

// Asked between pieces of work of some milliseconds; throws to end the call.
using Poll = void (*)();

// Asked by every thread before a piece of work of at most some milliseconds; true means that no
// more is to be done. The calling thread, number 0, polls now and then; what that throws must not
// leave the region, and is kept until raise().
class Interrupt {
  public:
    explicit Interrupt(Poll poll) : poll_(poll), next_(Clock::now() + PERIOD) {}

    bool asked(int thread) {
        if (thread == 0 && Clock::now() >= next_ && !error_) {
            try {
                poll_();
                next_ = Clock::now() + PERIOD;
            } catch (...) {
                error_ = std::current_exception();
                stopped_.store(true, std::memory_order_relaxed);
            }
        }
        return stopped_.load(std::memory_order_relaxed);
    }

    void raise() const {
        if (error_) std::rethrow_exception(error_);
    }

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds PERIOD{20};  // polling waits for the GIL
    Poll poll_;
    Clock::time_point next_;
    std::exception_ptr error_;
    std::atomic<bool> stopped_{false};
};

}  // namespace ardens
