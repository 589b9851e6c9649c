#pragma once

#include <napi.h>

namespace frac::node {

// The list of what JavaScript sees under `cuda`.
Napi::Object cuda_exports(Napi::Env env);

}  // namespace frac::node
