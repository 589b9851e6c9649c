#include "tensorflow/options.h"

#include <limits>
#include <locale>
#include <sstream>

#include "tensorflow/error.h"

namespace frac::tensorflow {

namespace {

constexpr int kIntegers = 10;
constexpr const char* kNames[kIntegers] = {"dim",  "segments", "fractions", "dynamic_alpha", "dynamic_beta",
                                           "tanh", "scale",    "norm",      "prenorm",       "state"};
constexpr int64_t kMaxDim = std::numeric_limits<int32_t>::max();
constexpr int64_t kLargest[kIntegers] = {kMaxDim, kMaxSegments, kMaxBlocks, 1, 1, 1, 1, 2, 1, 1};
constexpr Norm kNorms[] = {Norm::kNone, Norm::kRms, Norm::kLayer};

using std::to_string;

std::string read_text(TF_OpKernelConstruction* construction) {
  Status status;
  int32_t list_size = 0, size = 0;
  library().TF_OpKernelConstruction_GetAttrSize(construction, kOptionsAttribute, &list_size, &size, status);
  check(status);
  std::string text(size, '\0');
  library().TF_OpKernelConstruction_GetAttrString(construction, kOptionsAttribute, text.data(), text.size(), status);
  check(status);
  return text;
}

struct Values {
  int64_t integers[kIntegers];
  float epsilons[2];
};

Values parse(const std::string& text) {
  Values values;
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  for (int64_t& value : values.integers) stream >> value;
  for (float& value : values.epsilons) stream >> value;
  if (!stream || !stream.eof()) throw Error("options must be 10 integers and 2 numbers, got \"" + text.substr(0, 80) + "\"");
  for (int i = 0; i < kIntegers; ++i) {
    const int64_t least = i < 3 ? 1 : 0, value = values.integers[i];
    if (value < least || value > kLargest[i])
      throw Error(std::string(kNames[i]) + " must be from " + to_string(least) + " to " + to_string(kLargest[i]) +
                  ", got " + to_string(value));
  }
  for (float value : values.epsilons)
    if (!(value >= 0)) throw Error("an epsilon must be 0 or more, got " + to_string(value));
  return values;
}

}  // namespace

Options read_options(TF_OpKernelConstruction* construction) {
  const Values values = parse(read_text(construction));
  const int64_t* v = values.integers;
  const int64_t dim = v[0], segments = v[1], fractions = v[2];
  if (dim % fractions != 0)
    throw Error("dim must be a multiple of fractions = " + to_string(fractions) + ", got " + to_string(dim));

  Options options;
  Config& f = options.config;
  f.tokens = 0;
  f.n = int(segments);
  f.m = int(fractions);
  f.c = dim / fractions;
  f.dynamic_alpha = v[3];
  f.dynamic_beta = v[4];
  f.use_tanh = v[5];
  f.norm = kNorms[v[7]];
  f.epsilon = values.epsilons[0];
  f.prenorm_epsilon = values.epsilons[1];

  options.state = v[9];
  const bool scale = v[6], prenorm = v[8];
  const int64_t n = f.n, k = f.k(), c = f.c;
  const auto when = [](bool present, int64_t size) { return present ? Shape{1, {size}} : Shape{}; };
  options.weight_shapes = {Shape{2, {n, k}},
                           Shape{1, {n}},
                           when(f.dynamic() && f.norm != Norm::kNone, c),
                           when(f.dynamic() && f.norm == Norm::kLayer, c),
                           f.dynamic_alpha ? Shape{2, {c, k}} : Shape{},
                           when(f.dynamic_beta, c),
                           when(f.dynamic_alpha && scale, 1),
                           when(f.dynamic_beta && scale, 1),
                           when(prenorm, dim)};
  return options;
}

}  // namespace frac::tensorflow
