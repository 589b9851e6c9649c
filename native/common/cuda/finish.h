// The last kernel of every backward pass. It adds the sums of the blocks, and writes the gradients of weights and
// static coefficients.
#pragma once

#include "common/cuda/cuda.h"
#include "common/cuda/sums_over_tokens.h"

namespace frac::cuda {

// The layout of a workspace, in floats: a row of sums for each block, then, aligned to 16 bytes, the op's own values.
struct Workspace {
  int64_t row, rest;
  Workspace(const PartialLayout& at, int blocks) : row(at.size), rest((row * blocks + 3) / 4 * 4) {}
};

// The sums to add, and the destinations.
struct Finish {
  const float* rows;  // [blocks, at.size]
  int blocks;
  PartialLayout at;
  Config f;
  Weights w;
  WeightGradients d;               // of the width connection, if there is one
  const float *d_alpha, *d_beta;   // upstream gradients of its coefficients; added if they are static; may be null
  float *given_alpha, *given_beta;  // gradients of the depth connection's coefficients, if these are static
};

// Adds the rows of the blocks in an order that depends only on their number, and writes the gradients. One launch.
void finish(const Finish& what, Stream stream);

}  // namespace frac::cuda
