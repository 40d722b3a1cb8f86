#include "models.hpp"

#include <stdexcept>
#include <string_view>

#include "kernels/plans.hpp"

namespace ardens {
namespace {

// Sizes are multiplied freely below this bound on the number of parameters (2^40 floats are 4 TiB).
constexpr double MOST_PARAMETERS = 1099511627776.0;

Description tabular(Shape s) {
    TabularPlan plan(s);
    return {"tabular", s, {{"logits", {plan.entries}, {1}, 0}}, plan.entries, plan.size, 0, &Kernels::tabular};
}

Description fvsbn(Shape s) {
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

Description nade(const std::string& name, Shape s) {
    NadePlan plan(s);
    Description out{name,
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

// The variant that a name stands for: nade, then its activation unless that is the sigmoid, direct, tied,
// each after a hyphen. False if the name is none of these.
bool read_variant(Shape& shape, std::string_view name) {
    auto takes = [&](std::string_view part) {
        bool found = name.substr(0, part.size()) == part;
        if (found) name.remove_prefix(part.size());
        return found;
    };
    if (!takes("nade")) return false;
    if (takes("-tanh")) {
        shape.activation = Activation::tanh;
    } else if (takes("-relu")) {
        shape.activation = Activation::relu;
    }
    shape.direct = takes("-direct");
    shape.tied = takes("-tied");
    return name.empty();
}

void require(bool condition, const std::string& message) {
    if (!condition) throw std::invalid_argument(message);
}

}  // namespace

Description describe(const std::string& name, Shape s) {
    double n = static_cast<double>(s.n), d = static_cast<double>(s.d);
    require(s.n >= 1, "n_features must be at least 1; got 0");
    auto bounded = [&](double parameters) {
        require(parameters < MOST_PARAMETERS, name + " with n_features=" + std::to_string(s.n) + ", n_hidden=" +
                                                  std::to_string(s.d) + " has too many parameters to address");
    };
    if (name == "tabular") {
        require(s.n <= 30,
                "tabular needs 2^n - 1 parameters: n_features must be at most 30; got " + std::to_string(s.n));
        return tabular(s);
    }
    if (name == "fvsbn") {
        bounded(n * (n + 16.0));
        return fvsbn(s);
    }
    require(s.d >= 1, "n_hidden must be at least 1; got 0");
    if (name == "mlp") {
        bounded((n * (n - 1.0) / 2.0 + 2.0 * n) * (d + 16.0));
        return mlp(s);
    }
    if (read_variant(s, name)) {
        bounded(2.0 * (n + 1.0) * (d + 32.0) + (s.direct ? n * (n + 16.0) : 0.0));
        return nade(name, s);
    }
    throw std::invalid_argument("model must be one of tabular, fvsbn, mlp, nade or a variant of nade; got '" + name +
                                "'");
}

}  // namespace ardens
