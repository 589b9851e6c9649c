// The end of every gradient: from the blocks' sums to the gradients of weights and static coefficients.
#pragma once

#include "common/cuda/cuda.h"
#include "common/cuda/sums_over_tokens.h"

namespace frac::cuda {

// A workspace in floats: a row of sums for each block, their total, and from a 16-byte boundary on what the op keeps there.
struct Workspace {
  int64_t row, total, rest;
  Workspace(const PartialLayout& at, int blocks) : row(at.size), total(row * blocks) {
    rest = (total + row + 3) / 4 * 4;
  }
};

// Adds the blocks' rows in their order.
void add_blocks(float* total, const float* rows, int blocks, int64_t size, Stream stream);

// dalpha, dbeta: what reached the coefficients from outside; added where they are static.
void finish_width(const WeightGradients& dw, const float* total, const PartialLayout& at, const Weights& w,
                  const float* dalpha, const float* dbeta, const Config& f, Stream stream);

// Writes the gradients of a depth connection's static coefficients; those that are one a token are there already.
void finish_depth(float* dalpha, float* dbeta, const float* total, const PartialLayout& at,
                  const Coefficients& given, const Config& f, Stream stream);

}  // namespace frac::cuda
