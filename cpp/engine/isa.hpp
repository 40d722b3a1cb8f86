// The instruction-set levels of this build, which of them this machine runs, and the one in use.
#pragma once

#include <string>
#include <vector>

#include "kernels/contract.hpp"

namespace ardens {

// Levels this machine can run, plainest first.
std::vector<std::string> levels();

// The level in use: the environment variable ARDENS_LEVEL if set, else the best one.
// Throws std::invalid_argument naming the choices if that variable holds anything else.
std::string level();
void set_level(const std::string& name);

const Kernels& kernels();

}  // namespace ardens
