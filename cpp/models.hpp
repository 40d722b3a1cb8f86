// The models by family: their parameters' names, shapes and places. Read by the bindings and, through
// them, by Python; kernels use the same plans.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/contract.hpp"

namespace ardens {

struct Codes;

struct Parameter {
    std::string name;
    std::vector<std::size_t> shape;    // as the papers write it
    std::vector<std::size_t> strides;  // in floats
    std::size_t offset;                // in floats
};

struct Description {
    std::string name;  // of the family
    Shape shape;       // and its variant
    std::vector<Parameter> parameters;
    std::size_t n_parameters;  // free ones
    std::size_t size;          // floats in the flat array, padding included
    std::size_t n_decayed;     // the first floats of it that are weights, not biases
    const ModelKernels Kernels::* kernels;
    std::shared_ptr<const Codes> codes = nullptr;  // of its bits; null where all are free
};

// Throws std::invalid_argument for an unknown family, a variant that it does not have, or a shape whose parameters
// cannot be addressed.
Description describe(const std::string& family, Shape shape);

const char* name_of(Activation activation);
Activation activation_of(const std::string& name);  // throws std::invalid_argument for an unknown one

}  // namespace ardens
