/* An addon for a Node that has a function which no Node has. */
#include <node_api.h>

napi_status napi_of_another_age(napi_env env);

NAPI_MODULE_INIT() {
  napi_of_another_age(env);
  return exports;
}
