// The arguments of a call from JavaScript, read one after the other and checked for everything that would be unsafe in a
// kernel. What they mean is checked in TypeScript.
//
// All are positional: reading one runs no JavaScript, so nothing can be detached between its check and its use.
#pragma once

#include <napi.h>

#include <exception>
#include <string>
#include <vector>

#include "common/config.h"

namespace frac::node {

// Becomes a JavaScript TypeError or RangeError with this code; see guard.h.
struct Refused : std::exception {
  enum class Kind { kType, kRange };
  Refused(Kind kind, const char* code, std::string message) : kind(kind), code(code), message(std::move(message)) {}
  const char* what() const noexcept override { return message.c_str(); }

  Kind kind;
  const char* code;
  std::string message;
};

class Arguments {
 public:
  // op: the name that messages begin with
  Arguments(const char* op, const Napi::CallbackInfo& info) : op_(op), info_(info) { regions_.reserve(info.Length()); }
  virtual ~Arguments() = default;

  // The first eight of every op: tokens, n, m, c, norm, flags, epsilon, prenormEpsilon.
  Config config();

  // A Float32Array of exactly so many values.
  float* output(const char* name, int64_t size) { return values(name, size, true); }
  const float* input(const char* name, int64_t size) { return values(name, size, false); }

  // The nine weights in WeightPointers' order, undefined where the connection has none.
  Weights weights();
  WeightGradients weight_gradients();

  // A depth connection's alpha and beta.
  Coefficients coefficients();
  // What a layer reads with, alpha and the gain of the pre-norm.
  Reading reading();
  ReadingGradients reading_gradients();
  int64_t alpha_size() const { return rows(kAlphaPerToken) * config_.n * config_.k(); }
  int64_t beta_size() const { return rows(kBetaPerToken) * config_.n; }
  // A width connection's, which are a row a token where they are dynamic.
  int64_t new_alpha_size() const { return rows(kDynamicAlpha) * config_.n * config_.k(); }
  int64_t new_beta_size() const { return rows(kDynamicBeta) * config_.n; }
  int64_t state_size() const { return config_.tokens * config_.state(); }
  int64_t dim_size() const { return config_.tokens * config_.dim(); }

  // To be called when all are read: throws if there are more, or if an output shares memory with anything.
  void finish() const;

 protected:
  struct Array {
    void* data;
    size_t length;
  };

  // Whether the next argument is undefined; it is taken then.
  bool absent();
  double number(const char* name);
  int64_t integer(const char* name, int64_t least, int64_t most);
  // A typed array that nobody else can write to or take away meanwhile.
  Array array(const char* name, napi_typedarray_type type, const char* type_name);
  // Room for so many float32 values: here a Float32Array, elsewhere what stands for one.
  virtual float* values(const char* name, int64_t size, bool written);
  // Remembers memory for finish().
  void remember(const char* name, const void* begin, size_t bytes, bool written);
  [[noreturn]] void refuse(Refused::Kind kind, const char* code, const char* name, const std::string& what) const;
  static const char* type_name(const Napi::Value& value);

  const char* op_;
  const Napi::CallbackInfo& info_;
  size_t next_ = 0;

 private:
  // Bits of `flags`, the same as in lib/addon/config.ts.
  enum Flag {
    kDynamicAlpha = 1,
    kDynamicBeta = 2,
    kTanh = 4,
    kScale = 8,
    kPrenorm = 16,
    kAlphaPerToken = 32,
    kBetaPerToken = 64,
    kReadPerToken = 128,
    kAllFlags = 255
  };
  struct Region {
    const char* name;
    const char* begin;
    size_t bytes;
    bool written;
  };

  float epsilon(const char* name);
  template <typename F, typename Take>
  WeightPointers<F> each_weight(Take take);
  template <typename F, typename Take>
  ReadingPointers<F> each_of_reading(Take take);
  void expect_undefined(const char* name);
  bool has(Flag flag) const { return (flags_ & flag) != 0; }
  int64_t rows(Flag per_token) const { return has(per_token) ? config_.tokens : 1; }

  Config config_{};
  int flags_ = 0;
  std::vector<Region> regions_;
};

}  // namespace frac::node
