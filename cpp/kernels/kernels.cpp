// Every kernel, compiled once per instruction-set level. All code here and in the headers it
// includes is local to this file; the one symbol it exports is its table.
#include "fvsbn.hpp"
#include "limits.hpp"
#include "mlp.hpp"
#include "nade.hpp"
#include "optim.hpp"
#include "tabular.hpp"

#define ARDENS_JOIN_(a, b) a##b
#define ARDENS_JOIN(a, b) ARDENS_JOIN_(a, b)

extern const Kernels ARDENS_JOIN(kernels_, ARDENS_LEVEL);
constinit const Kernels ARDENS_JOIN(kernels_, ARDENS_LEVEL) = {
    tabular_kernels, fvsbn_kernels, mlp_kernels, nade_kernels, bernoulli_kernels, optim_kernels, limit_kernels};
