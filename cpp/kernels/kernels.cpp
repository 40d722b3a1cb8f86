// Every kernel, compiled once per instruction-set level. All code here and in the headers it
// includes is local to this file; the one symbol it exports is its table.
#include "kernels/ceilings.hpp"
#include "kernels/fvsbn.hpp"
#include "kernels/mlp/mlp.hpp"
#include "kernels/nade/nade.hpp"
#include "kernels/optim.hpp"
#include "kernels/regressions.hpp"
#include "kernels/tabular.hpp"

#define ARDENS_JOIN_(a, b) a##b
#define ARDENS_JOIN(a, b) ARDENS_JOIN_(a, b)

extern const Kernels ARDENS_JOIN(kernels_, ARDENS_LEVEL);
constinit const Kernels ARDENS_JOIN(kernels_, ARDENS_LEVEL) = {tabular_kernels, fvsbn_kernels,     mlp_kernels,
                                                               nade_kernels,    bernoulli_kernels, optim_kernels,
                                                               ceiling_kernels, regression_kernels};
