/* An addon of this package from before it had all ops: it exports the first of them and nothing else. */
#include <node_api.h>

static napi_value frac_width(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "fracWidth", NAPI_AUTO_LENGTH, frac_width, NULL, &function);
  napi_set_named_property(env, exports, "fracWidth", function);
  return exports;
}
