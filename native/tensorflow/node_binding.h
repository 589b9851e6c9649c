#pragma once

#include <napi.h>

// Puts `tensorflow` into the addon's exports.
void InitTensorflow(Napi::Env env, Napi::Object exports);
