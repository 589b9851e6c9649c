// The ops as JavaScript calls them: sizes and flags, then outputs, then inputs, in the order of the kernels' own parameters.
#pragma once

#include <napi.h>

namespace frac::node {

Napi::Value frac_width(const Napi::CallbackInfo& info);
Napi::Value frac_width_grad(const Napi::CallbackInfo& info);
Napi::Value frac_depth(const Napi::CallbackInfo& info);
Napi::Value frac_depth_grad(const Napi::CallbackInfo& info);
Napi::Value frac_depth_width(const Napi::CallbackInfo& info);
Napi::Value frac_depth_width_grad(const Napi::CallbackInfo& info);

}  // namespace frac::node
