#include "engine/ceilings.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/isa.hpp"
#include "engine/memory.hpp"
#include "engine/parallel.hpp"

namespace ardens {
namespace {

// Best of several rounds of some ms: `work` returns how much it did.
template <typename Work>
double best_rate(int threads, Work&& work) {
    double best = 0.0;
    for (int round = 0; round < 10; ++round) {
        std::vector<double> done(static_cast<std::size_t>(threads));
        auto start = std::chrono::steady_clock::now();
        parallel_for(done.size(), threads, [&](std::size_t item, int) { done[item] = work(item); });
        std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        double total = 0.0;
        for (double amount : done) total += amount;
        best = std::max(best, total / seconds.count() * 1e-9);
    }
    return best;
}

}  // namespace

double measure_multiply_adds(int threads) {
    return best_rate(threads, [run = kernels().ceilings.multiply_adds](std::size_t) {
        alignas(64) float out[LINE] = {0.999f, 0.001f};
        return run(out, 2000000);
    });
}

double measure_reading(std::size_t bytes, int threads) {
    std::size_t count = std::max<std::size_t>(bytes / 1024, 1) * 256,
                times = std::max<std::size_t>(1, (256 << 20) / (4 * count));
    std::vector<Floats> data;  // a register of them is never on two cache lines
    for (int thread = 0; thread < threads; ++thread) {
        data.emplace_back(count);
        std::fill_n(data.back().get(), count, 1.0f);
    }
    return best_rate(threads, [&, read = kernels().ceilings.read](std::size_t thread) {
        alignas(64) float out[LINE] = {};
        read(out, data[thread].get(), count, times);
        return static_cast<double>(times * count * sizeof(float));
    });
}

double measure_instructions(int threads) {
    return best_rate(threads, [](std::size_t) {
        constexpr int ROUNDS = 2000000;
        for (int r = 0; r < ROUNDS; ++r) asm volatile(".rept 64\n nop\n .endr");
        return 64.0 * ROUNDS;
    });
}

}  // namespace ardens
