// The end of every gradient: from the blocks' sums to the gradients of weights and static coefficients.
#pragma once

#include "common/cuda/cuda.h"
#include "common/cuda/sums_over_tokens.h"

namespace frac::cuda {

// A workspace in floats: a row of sums for each block, and from a 16-byte boundary on what the op keeps there.
struct Workspace {
  int64_t row, rest;
  Workspace(const PartialLayout& at, int blocks) : row(at.size), rest((row * blocks + 3) / 4 * 4) {}
};

// What is summed, and where it goes.
struct Finish {
  const float* rows;  // [blocks, at.size]
  int blocks;
  PartialLayout at;
  Config f;
  Weights w;
  WeightGradients d;               // of a width connection, if there is one
  const float *d_alpha, *d_beta;   // what reached its coefficients from outside; added where they are static
  float *given_alpha, *given_beta;  // gradients of a depth connection's coefficients, where static
};

// Adds the blocks' rows in an order that their number decides, and writes the gradients; one launch.
void finish(const Finish& what, Stream stream);

}  // namespace frac::cuda
