#include "node/arguments.h"

#include <cmath>
#include <cstdio>
#include <functional>

#include "node/huge_pages.h"

namespace frac::node {

namespace {

using Kind = Refused::Kind;

std::string show(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == std::floor(value) && std::abs(value) < std::ldexp(1.0, 62)) return std::to_string(int64_t(value));
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

const char* Arguments::type_name(const Napi::Value& value) {
  if (value.IsUndefined()) return "undefined";
  if (value.IsNull()) return "null";
  if (value.IsBoolean()) return "a boolean";
  if (value.IsNumber()) return "a number";
  if (value.IsString()) return "a string";
  if (value.IsArray()) return "an array";
  if (value.IsDataView()) return "a DataView";
  if (value.IsArrayBuffer()) return "an ArrayBuffer";
  if (value.IsFunction()) return "a function";
  if (!value.IsTypedArray()) return "an object";
  switch (value.As<Napi::TypedArray>().TypedArrayType()) {
    case napi_int8_array: return "an Int8Array";
    case napi_uint8_array: return "a Uint8Array";
    case napi_uint8_clamped_array: return "a Uint8ClampedArray";
    case napi_int16_array: return "an Int16Array";
    case napi_uint16_array: return "a Uint16Array";
    case napi_int32_array: return "an Int32Array";
    case napi_uint32_array: return "a Uint32Array";
    case napi_float32_array: return "a Float32Array";
    case napi_float64_array: return "a Float64Array";
    default: return "an array of 64-bit integers";
  }
}

void Arguments::refuse(Kind kind, const char* code, const char* name, const std::string& what) const {
  throw Refused(kind, code, std::string(op_) + ": " + name + " must " + what);
}

void Arguments::remember(const char* name, const void* begin, size_t bytes, bool written) {
  regions_.push_back({name, static_cast<const char*>(begin), bytes, written});
}

double Arguments::number(const char* name) {
  const Napi::Value value = info_[next_++];
  double result;
  if (napi_get_value_double(info_.Env(), value, &result) != napi_ok)
    throw Refused(Kind::kType, "ERR_OPTION", std::string(op_) + ": " + name + " must be a number, got " + type_name(value));
  return result;
}

int64_t Arguments::integer(const char* name, int64_t least, int64_t most) {
  const double value = number(name);
  if (!(value >= double(least) && value <= double(most) && value == std::floor(value)))
    throw Refused(Kind::kRange, "ERR_OPTION",
                  std::string(op_) + ": " + name + " must be an integer from " + std::to_string(least) + " to " +
                      std::to_string(most) + ", got " + show(value));
  return int64_t(value);
}

float Arguments::epsilon(const char* name) {
  const double value = number(name);
  if (!(value >= 0 && std::isfinite(value)))
    throw Refused(Kind::kRange, "ERR_OPTION",
                  std::string(op_) + ": " + name + " must be a finite number, 0 or more, got " + show(value));
  return float(value);
}

Config Arguments::config() {
  constexpr int64_t kLargest = int64_t{1} << 53;
  Config& f = config_;
  f.tokens = integer("tokens", 0, kLargest);
  f.n = int(integer("n", 1, kMaxSegments));
  f.m = int(integer("m", 1, kMaxBlocks));
  f.c = integer("c", 1, kLargest);
  f.norm = Norm(integer("norm", 0, 2));
  flags_ = int(integer("flags", 0, kAllFlags));
  f.epsilon = epsilon("epsilon");
  f.prenorm_epsilon = epsilon("prenormEpsilon");
  f.dynamic_alpha = has(kDynamicAlpha);
  f.dynamic_beta = has(kDynamicBeta);
  f.use_tanh = has(kTanh);
  // Every size below is at most (tokens + 1) * n * (c + kMaxColumns), or c * kMaxColumns: none overflows then.
  const double most = (double(f.tokens) + 1) * f.n * (double(f.c) + kMaxColumns) * kMaxColumns;
  if (most > std::ldexp(1.0, 60))
    throw Refused(Kind::kRange, "ERR_SHAPE",
                  std::string(op_) + ": " + show(double(f.tokens)) + " tokens of " + std::to_string(f.n) +
                      " segments of " + show(double(f.c)) + " values are too many");
  return f;
}

Arguments::Array Arguments::array(const char* name, napi_typedarray_type wanted, const char* wanted_name) {
  const Napi::Value value = info_[next_++];
  const auto wrong_type = [&] {
    refuse(Kind::kType, "ERR_DTYPE", name, std::string("be ") + wanted_name + ", got " + type_name(value));
  };
  Array given;
  napi_typedarray_type type;
  napi_value buffer;
  // Refuses all that is no typed array by itself.
  const napi_status status =
      napi_get_typedarray_info(info_.Env(), value, &type, &given.length, &given.data, &buffer, nullptr);
  if (status != napi_ok || type != wanted) wrong_type();
  bool plain = false, detached = false;
  if (napi_is_arraybuffer(info_.Env(), buffer, &plain) != napi_ok || !plain)
    refuse(Kind::kType, "ERR_DTYPE", name, "not be on a SharedArrayBuffer: another thread could change it meanwhile");
  if (given.length == 0 && napi_is_detached_arraybuffer(info_.Env(), buffer, &detached) == napi_ok && detached)
    refuse(Kind::kType, "ERR_DISPOSED", name, "not be detached: its buffer was transferred to somebody else");
  return given;
}

float* Arguments::values(const char* name, int64_t size, bool written) {
  const Array given = array(name, napi_float32_array, "a Float32Array");
  if (int64_t(given.length) != size)
    refuse(Kind::kRange, "ERR_SHAPE", name, "have " + std::to_string(size) + " values, got " + std::to_string(given.length));
  const size_t bytes = size_t(size) * sizeof(float);
  remember(name, given.data, bytes, written);
  if (written) ask_for_huge_pages(given.data, bytes);
  return static_cast<float*>(given.data);
}

bool Arguments::absent() {
  if (!info_[next_].IsUndefined()) return false;
  ++next_;
  return true;
}

void Arguments::expect_undefined(const char* name) {
  const Napi::Value value = info_[next_++];
  if (!value.IsUndefined())
    throw Refused(Kind::kType, "ERR_WEIGHTS",
                  std::string(op_) + ": " + name + " must be undefined for a connection of these flags, got " + type_name(value));
}

// take(name, size) for each weight that the connection has.
template <typename F, typename Take>
WeightPointers<F> Arguments::each_weight(Take take) {
  const Config& f = config_;
  const auto optional = [&](const char* name, bool present, int64_t size) -> F* {
    if (present) return take(name, size);
    expect_undefined(name);
    return nullptr;
  };
  WeightPointers<F> w;
  // Braces of an initialiser are evaluated in order, but so plain a list of statements leaves no doubt.
  w.static_alpha = take("staticAlpha", int64_t{f.n} * f.k());
  w.static_beta = take("staticBeta", f.n);
  w.norm_gamma = optional("normGamma", f.dynamic() && f.norm != Norm::kNone, f.c);
  w.norm_beta = optional("normBeta", f.dynamic() && f.norm == Norm::kLayer, f.c);
  w.w_alpha = optional("wAlpha", f.dynamic_alpha, f.c * f.k());
  w.w_beta = optional("wBeta", f.dynamic_beta, f.c);
  w.scale_alpha = optional("scaleAlpha", f.dynamic_alpha && has(kScale), 1);
  w.scale_beta = optional("scaleBeta", f.dynamic_beta && has(kScale), 1);
  w.prenorm_gamma = optional("prenormGamma", has(kPrenorm), f.dim());
  return w;
}

Weights Arguments::weights() {
  return each_weight<const float>([&](const char* name, int64_t size) { return input(name, size); });
}

WeightGradients Arguments::weight_gradients() {
  return each_weight<float>([&](const char* name, int64_t size) { return output(name, size); });
}

template <typename F, typename Take>
ReadingPointers<F> Arguments::each_of_reading(Take take) {
  ReadingPointers<F> r{};
  r.per_token = has(kReadPerToken);
  r.alpha = take("readAlpha", rows(kReadPerToken) * config_.n * config_.k());
  if (has(kPrenorm))
    r.prenorm_gamma = take("prenormGamma", config_.dim());
  else
    expect_undefined("prenormGamma");
  return r;
}

Reading Arguments::reading() {
  return each_of_reading<const float>([&](const char* name, int64_t size) { return input(name, size); });
}

ReadingGradients Arguments::reading_gradients() {
  return each_of_reading<float>([&](const char* name, int64_t size) { return output(name, size); });
}

Coefficients Arguments::coefficients() {
  Coefficients given;
  given.alpha = input("alpha", alpha_size());
  given.beta = input("beta", beta_size());
  given.alpha_per_token = has(kAlphaPerToken);
  given.beta_per_token = has(kBetaPerToken);
  return given;
}

void Arguments::finish() const {
  if (next_ != info_.Length())
    throw Refused(Kind::kType, "ERR_OPTION",
                  std::string(op_) + ": " + std::to_string(next_) + " arguments are taken, got " +
                      std::to_string(info_.Length()));
  const std::less<const char*> before;
  for (size_t i = 0; i < regions_.size(); ++i)
    for (size_t j = 0; regions_[i].written && j < regions_.size(); ++j) {
      const Region &out = regions_[i], &other = regions_[j];
      if (i == j || (other.written && j < i) || out.bytes == 0 || other.bytes == 0) continue;
      if (before(out.begin, other.begin + other.bytes) && before(other.begin, out.begin + out.bytes))
        throw Refused(Kind::kRange, "ERR_OPTION",
                      std::string(op_) + ": output " + out.name + " must not share memory with " + other.name);
    }
}

}  // namespace frac::node
