// Threads: the only file that names OpenMP.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(_OPENMP)
#include <omp.h>
#include <pthread.h>
#endif

namespace ardens {

#if defined(_OPENMP)

constexpr bool HAS_OPENMP = true;

// libgomp's pool does not survive fork(): a region in the child would wait for ever for threads
// that are gone. In a child of a process that loaded this library, work therefore runs in one
// thread: whoever shares the runtime may have used it before the fork.
inline bool& forked() {
    static bool flag = false;
    static const int registered = pthread_atfork(nullptr, nullptr, [] { flag = true; });
    (void)registered;
    return flag;
}

// Set by tests that need more threads than there are processors; 0 where the machine decides.
inline std::atomic<int> forced_threads{0};

// What OMP_NUM_THREADS or threadpoolctl ask for, at most one for each processor of this process.
inline int max_threads() {
    int forced = forced_threads.load(std::memory_order_relaxed);
    return forced > 0 ? forced : std::min(omp_get_max_threads(), omp_get_num_procs());
}

// How many of the wanted threads the system starts; each starts the next one and waits for it, so
// that all are there at once, and their stacks are kept for the next to come.
inline int startable(int wanted) {
    if (wanted <= 0) return 0;
    auto next = [](void* left) -> void* {
        return reinterpret_cast<void*>(
            std::intptr_t{startable(static_cast<int>(reinterpret_cast<std::intptr_t>(left)))});
    };
    pthread_t thread;
    void* started = nullptr;
    if (pthread_create(&thread, nullptr, next, reinterpret_cast<void*>(std::intptr_t{wanted - 1})) != 0) return 0;
    pthread_join(thread, &started);
    return 1 + static_cast<int>(reinterpret_cast<std::intptr_t>(started));
}

// libgomp ends the process where it cannot start a thread, so a caller that is about to have more
// of them than ever before tries that first. Returns how many it may have.
inline int granted(int threads) {
    static thread_local int most = 1;
    if (threads > most) most = 1 + startable(threads - 1);
    return std::min(threads, most);
}

// Threads of one region: those that regions of other callers leave of all, and at least the caller.
class Share {
  public:
    explicit Share(int threads) : threads_(threads) {
        int others = in_use.fetch_add(threads, std::memory_order_relaxed);
        if (others > 0) threads_ = std::clamp(max_threads() - others, 1, threads);
        in_use.fetch_sub(threads - threads_, std::memory_order_relaxed);
    }
    ~Share() { in_use.fetch_sub(threads_, std::memory_order_relaxed); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    int threads() const { return threads_; }

  private:
    inline static std::atomic<int> in_use{0};
    int threads_;
};

// work(item, thread) for every item in [0, items), in any order, but in a rising one in each thread;
// `work` must not throw. The calling thread is number 0.
template <typename Work>
void parallel_for(std::size_t items, int threads, Work&& work) {
    if (items == 0) return;
    if (forked()) threads = 1;
    Share share(static_cast<int>(std::min<std::size_t>(items, static_cast<std::size_t>(std::max(threads, 1)))));
    threads = granted(share.threads());
    if (threads <= 1) {
        for (std::size_t item = 0; item < items; ++item) work(item, 0);
        return;
    }
#pragma omp parallel for schedule(monotonic : dynamic, 1) num_threads(threads)
    for (std::size_t item = 0; item < items; ++item) work(item, omp_get_thread_num());
}

#else

constexpr bool HAS_OPENMP = false;

inline bool forked() { return false; }
inline std::atomic<int> forced_threads{0};
inline int max_threads() { return 1; }

template <typename Work>
void parallel_for(std::size_t items, int, Work&& work) {
    for (std::size_t item = 0; item < items; ++item) work(item, 0);
}

#endif

}  // namespace ardens
