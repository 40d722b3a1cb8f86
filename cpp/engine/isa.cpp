#include "engine/isa.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#if defined(ARDENS_X86_LEVELS)
#include <cpuid.h>
#endif

extern const Kernels kernels_baseline;
#if defined(ARDENS_X86_LEVELS)
extern const Kernels kernels_x86_v3, kernels_x86_v4;
#endif

namespace ardens {
namespace {

struct Level {
    const char* name;
    const Kernels* kernels;
    bool (*runs_here)();
};

#if defined(ARDENS_X86_LEVELS)
// What a level has. __builtin_cpu_supports asks cpuid, and the operating system through xgetbv; it knows the names of
// levels in some compilers only, and not all instructions in others.
bool runs_x86_v3() {
    unsigned a, b, basic, extended, d;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __get_cpuid(1, &a, &b, &basic, &d) && (basic & bit_F16C) &&
           (basic & bit_MOVBE) && __get_cpuid(0x80000001, &a, &b, &extended, &d) && (extended & bit_LZCNT);
}
bool runs_x86_v4() {
    return runs_x86_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

constexpr Level LEVELS[] = {
    {"baseline", &kernels_baseline, [] { return true; }},
#if defined(ARDENS_X86_LEVELS)
    {"x86_v3", &kernels_x86_v3, runs_x86_v3},
    {"x86_v4", &kernels_x86_v4, runs_x86_v4},
#endif
};

const Level& find(const std::string& name, const std::string& what) {
    for (const Level& level : LEVELS)
        if (name == level.name && level.runs_here()) return level;
    std::string choices;
    for (const std::string& choice : levels()) choices += (choices.empty() ? "" : ", ") + choice;
    throw std::invalid_argument(what + " must be one of " + choices + " on this machine; got '" + name + "'");
}

const Level& choose() {
    if (const char* name = std::getenv("ARDENS_LEVEL"); name && *name) return find(name, "ARDENS_LEVEL");
    const Level* best = nullptr;
    for (const Level& level : LEVELS)
        if (level.runs_here()) best = &level;
    return *best;
}

std::atomic<const Level*> in_use{nullptr};

const Level& current() {
    const Level* level = in_use.load(std::memory_order_acquire);
    if (!level) in_use.store(level = &choose(), std::memory_order_release);
    return *level;
}

}  // namespace

std::vector<std::string> levels() {
    std::vector<std::string> names;
    for (const Level& level : LEVELS)
        if (level.runs_here()) names.emplace_back(level.name);
    return names;
}

std::string level() { return current().name; }
void set_level(const std::string& name) { in_use.store(&find(name, "level"), std::memory_order_release); }
const Kernels& kernels() { return *current().kernels; }

}  // namespace ardens
