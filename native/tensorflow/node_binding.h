#pragma once

#include <napi.h>

// Adds `tensorflow` to the exports of the addon.
void InitTensorflow(Napi::Env env, Napi::Object exports);
