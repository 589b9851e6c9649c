// An op's one attribute, read once a kernel: TensorFlow makes a kernel for each value of it that it meets and keeps it.
#pragma once

#include <array>

#include "common/config.h"
#include "tensorflow/library.h"

namespace frac::tensorflow {

// The shape of a weight, or of what a token has in a larger tensor.
struct Shape {
  int rank = 0;
  int64_t sizes[2] = {};
};

constexpr int kWeights = 9;

// The weights' names, in the order in which every op takes them; lib/contract/weights.ts has the same order.
constexpr std::array<const char*, kWeights> kWeightNames = {"static_alpha", "static_beta", "norm_gamma",
                                                            "norm_beta",    "w_alpha",     "w_beta",
                                                            "scale_alpha",  "scale_beta",  "prenorm_gamma"};

// F is `const float` for weights, `float` for their gradients.
template <typename F>
constexpr std::array<F* WeightPointers<F>::*, kWeights> kWeightMembers = {
    &WeightPointers<F>::static_alpha, &WeightPointers<F>::static_beta, &WeightPointers<F>::norm_gamma,
    &WeightPointers<F>::norm_beta,    &WeightPointers<F>::w_alpha,     &WeightPointers<F>::w_beta,
    &WeightPointers<F>::scale_alpha,  &WeightPointers<F>::scale_beta,  &WeightPointers<F>::prenorm_gamma};

struct Options {
  Config config;                              // its tokens are those of a call, 0 here
  std::array<Shape, kWeights> weight_shapes;  // of rank 0 where the connection has no such weight
  bool state;                                 // whether an op that can take a `dstate` is given one
};

// As text, since every attribute and every item of a list costs about as much as an input, each call: ten integers and two
// numbers with a space between them,
//   dim streams fractions dynamic_alpha dynamic_beta tanh scale norm prenorm state epsilon prenorm_epsilon
// where a flag is 0 or 1, and norm 0 for none, 1 for RMSNorm, 2 for LayerNorm.
constexpr const char* kOptionsAttribute = "options";

// Throws Error.
Options read_options(TF_OpKernelConstruction* construction);

}  // namespace frac::tensorflow
