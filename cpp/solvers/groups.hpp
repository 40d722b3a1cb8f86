// The rows of one regression: those with the same x_<i count as one.
#pragma once

#include <vector>

#include "solvers/sorted_rows.hpp"

namespace ardens {

class Groups {
  public:
    explicit Groups(const SortedRows& rows)
        : weight(rows.count), ones(rows.count), rows_(rows), length_(rows.count), row_(rows.count) {}

    std::size_t count = 0;
    std::vector<double> weight, ones;  // (count,) of the rows of each, and of those of them that have x_i

    // Those of column i; returns the weight of the rows with x_i.
    double gather(std::size_t i) {
        count = 0;
        double total = 0.0;
        for (std::size_t r = 0; r < rows_.count; ++r) {
            const std::uint32_t* list = rows_.ones.data() + rows_.first[r];
            std::size_t length = length_[r], all = rows_.first[r + 1] - rows_.first[r];
            while (length > 0 && list[length - 1] >= i) --length;
            while (length < all && list[length] < i) ++length;
            length_[r] = static_cast<std::uint32_t>(length);
            bool one = length < all && list[length] == i;
            if (r == 0 || rows_.shared[r] < i) {
                row_[count] = static_cast<std::uint32_t>(r);
                weight[count] = ones[count] = 0.0;
                ++count;
            }
            double copies = rows_.weight[r];
            weight[count - 1] += copies;
            if (one) {
                ones[count - 1] += copies;
                total += copies;
            }
        }
        return total;
    }

    // The ones of x_<i.
    struct List {
        const std::uint32_t *begin, *end;
    };
    List list(std::size_t group) const {
        const std::uint32_t* begin = rows_.ones.data() + rows_.first[row_[group]];
        return {begin, begin + length_[row_[group]]};
    }

    // out[group] = intercept + w . x_<i
    void product(std::vector<double>& out, double intercept, const std::vector<double>& w) const {
        for (std::size_t g = 0; g < count; ++g) {
            auto [p, end] = list(g);
            double even = intercept, odd = 0.0;
            for (; end - p >= 2; p += 2) {
                even += w[p[0]];
                odd += w[p[1]];
            }
            out[g] = even + (p < end ? w[*p] : 0.0) + odd;
        }
    }

  private:
    const SortedRows& rows_;
    std::vector<std::uint32_t> length_, row_;  // (rows,) ones before column i; (count,) a row of each
};

}  // namespace ardens
