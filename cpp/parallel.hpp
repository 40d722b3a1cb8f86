// Threads: the only file that names OpenMP.
#pragma once

#include <algorithm>
#include <cstddef>

#if defined(_OPENMP)
#include <omp.h>
#include <pthread.h>
#endif

namespace ardens {

#if defined(_OPENMP)

constexpr bool HAS_OPENMP = true;

// libgomp's pool does not survive fork(): a region in the child would wait for ever for threads
// that are gone. In a child of a process that used the pool, work therefore runs in one thread.
inline bool& forked() {
    static bool flag = false;
    static const int registered = pthread_atfork(nullptr, nullptr, [] { flag = true; });
    (void)registered;
    return flag;
}

// What OMP_NUM_THREADS or threadpoolctl ask for, at most one for each processor of this process.
inline int max_threads() { return forked() ? 1 : std::min(omp_get_max_threads(), omp_get_num_procs()); }

// work(item, thread) for every item in [0, items), in any order; `work` must not throw.
template <typename Work>
void parallel_for(std::size_t items, int threads, Work&& work) {
    if (forked() || threads > static_cast<int>(items)) threads = forked() || items < 2 ? 1 : static_cast<int>(items);
    if (threads <= 1) {
        for (std::size_t item = 0; item < items; ++item) work(item, 0);
        return;
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (std::size_t item = 0; item < items; ++item) work(item, omp_get_thread_num());
}

#else

constexpr bool HAS_OPENMP = false;

inline int max_threads() { return 1; }

template <typename Work>
void parallel_for(std::size_t items, int, Work&& work) {
    for (std::size_t item = 0; item < items; ++item) work(item, 0);
}

#endif

}  // namespace ardens
