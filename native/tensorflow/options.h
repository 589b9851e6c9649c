// The only attribute of an op. It is parsed once per kernel: TensorFlow makes and keeps a kernel for each value of the
// attribute.
#pragma once

#include <array>

#include "common/config.h"
#include "tensorflow/library.h"

namespace frac::tensorflow {

// The shape of a weight, or the shape per token of a larger tensor.
struct Shape {
  int rank = 0;
  int64_t sizes[2] = {};
};

constexpr int kWeights = 9;

// The names of the weights, in the order of every op's inputs. lib/contract/weights.ts has the same order.
constexpr std::array<const char*, kWeights> kWeightNames = {"static_alpha", "static_beta", "norm_gamma",
                                                            "norm_beta",    "w_alpha",     "w_beta",
                                                            "scale_alpha",  "scale_beta",  "prenorm_gamma"};

constexpr int kPrenormGamma = 8;

// F is `const float` for weights, `float` for their gradients.
template <typename F>
constexpr std::array<F* WeightPointers<F>::*, kWeights> kWeightMembers = {
    &WeightPointers<F>::static_alpha, &WeightPointers<F>::static_beta, &WeightPointers<F>::norm_gamma,
    &WeightPointers<F>::norm_beta,    &WeightPointers<F>::w_alpha,     &WeightPointers<F>::w_beta,
    &WeightPointers<F>::scale_alpha,  &WeightPointers<F>::scale_beta,  &WeightPointers<F>::prenorm_gamma};

struct Options {
  Config config;                              // `tokens` is 0 here; a call sets it
  std::array<Shape, kWeights> weight_shapes;  // rank 0 for a weight that the connection does not have
  bool state;                                 // whether an op with an optional input `dstate` gets it
};

// The attribute is text, because every attribute and every item of a list costs about as much per call as an input. It
// has ten integers and two numbers, separated by spaces:
//   dim segments fractions dynamic_alpha dynamic_beta tanh scale norm prenorm state epsilon prenorm_epsilon
// A flag is 0 or 1. norm is 0 for none, 1 for RMSNorm, 2 for LayerNorm.
constexpr const char* kOptionsAttribute = "options";

// Throws Error.
Options read_options(TF_OpKernelConstruction* construction);

}  // namespace frac::tensorflow
