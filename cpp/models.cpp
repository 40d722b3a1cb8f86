#include "models.hpp"

#include <stdexcept>

#include "kernels/plans.hpp"

namespace ardens {
namespace {

constexpr const char* ACTIVATIONS[] = {"sigmoid", "tanh", "relu"};  // in the order of the enumeration

void require(bool condition, const std::string& message) {
    if (!condition) throw std::invalid_argument(message);
}

// Sizes are multiplied freely below this bound on the number of parameters (2^40 floats are 4 TiB).
void require_addressable(const std::string& family, Shape s, double parameters) {
    require(parameters < 1099511627776.0, family + " with n_features=" + std::to_string(s.n) + ", n_hidden=" +
                                              std::to_string(s.d) + " has too many parameters to address");
}

void require_hidden(Shape s) { require(s.d >= 1, "n_hidden must be at least 1; got 0"); }

Description tabular(Shape s) {
    require(s.n <= 30, "tabular needs 2^n - 1 parameters: n_features must be at most 30; got " + std::to_string(s.n));
    TabularPlan plan(s);
    return {"tabular", s, {{"logits", {plan.entries}, {1}, 0}}, plan.entries, plan.size, 0, &Kernels::tabular};
}

Description fvsbn(Shape s) {
    double n = static_cast<double>(s.n);
    require_addressable("fvsbn", s, n * (n + 16.0));
    FvsbnPlan plan(s);
    return {"fvsbn",
            s,
            {{"W", {s.n, s.n}, {1, plan.stride}, plan.W}, {"b", {s.n}, {1}, plan.b}},
            s.n * (s.n + 1) / 2,
            plan.size,
            plan.b,
            &Kernels::fvsbn};
}

Description mlp(Shape s) {
    double n = static_cast<double>(s.n), d = static_cast<double>(s.d);
    require_hidden(s);
    require_addressable("mlp", s, (n * (n - 1.0) / 2.0 + 2.0 * n) * (d + 16.0));
    MlpPlan plan(s);
    return {"mlp",
            s,
            {{"A", {s.n * (s.n - 1) / 2, s.d}, {plan.stride, 1}, plan.A},
             {"c", {s.n, s.d}, {plan.stride, 1}, plan.c},
             {"V", {s.n, s.d}, {plan.stride, 1}, plan.V},
             {"b", {s.n}, {1}, plan.b}},
            s.n * (s.n - 1) / 2 * s.d + 2 * s.n * s.d + s.n,
            plan.size,
            plan.c,
            &Kernels::mlp};
}

Description nade(Shape s) {
    double n = static_cast<double>(s.n), d = static_cast<double>(s.d);
    require_hidden(s);
    require_addressable("nade", s, 2.0 * (n + 1.0) * (d + 32.0) + (s.direct ? n * (n + 16.0) : 0.0));
    NadePlan plan(s);
    Description out{"nade",
                    s,
                    {{"W", {s.d, s.n}, {1, plan.stride}, plan.W}, {"c", {s.d}, {1}, plan.c}},
                    s.n * s.d + s.d + s.n,
                    plan.size,
                    plan.c,
                    &Kernels::nade};
    if (!s.tied) {
        out.parameters.push_back({"V", {s.n, s.d}, {plan.stride, 1}, plan.V});
        out.n_parameters += s.n * s.d;
    }
    if (s.direct) {
        out.parameters.push_back({"D", {s.n, s.n}, {1, FvsbnPlan(s).stride}, plan.D});
        out.n_parameters += s.n * (s.n - 1) / 2;
    }
    out.parameters.push_back({"b", {s.n}, {1}, plan.b});
    return out;
}

struct Family {
    const char* name;
    Description (*describe)(Shape);
    bool has_variants;
};
constexpr Family FAMILIES[] = {
    {"tabular", tabular, false}, {"fvsbn", fvsbn, false}, {"mlp", mlp, false}, {"nade", nade, true}};

std::string variant(Shape s) {
    return std::string("activation='") + name_of(s.activation) + "', direct=" + (s.direct ? "True" : "False") +
           ", tied=" + (s.tied ? "True" : "False");
}

}  // namespace

const char* name_of(Activation activation) { return ACTIVATIONS[static_cast<std::size_t>(activation)]; }

Activation activation_of(const std::string& name) {
    for (Activation activation : {Activation::sigmoid, Activation::tanh, Activation::relu})
        if (name == name_of(activation)) return activation;
    throw std::invalid_argument("activation must be one of sigmoid, tanh, relu; got '" + name + "'");
}

Description describe(const std::string& family, Shape shape) {
    require(shape.n >= 1, "n_features must be at least 1; got 0");
    std::string choices;
    for (const Family& known : FAMILIES) {
        if (family == known.name) {
            require(known.has_variants || variant(shape) == variant({}),
                    family + " has no variants; got " + variant(shape));
            return known.describe(shape);
        }
        if (!choices.empty()) choices += ", ";
        choices += known.name;
    }
    throw std::invalid_argument("model must be one of " + choices + "; got '" + family + "'");
}

}  // namespace ardens
