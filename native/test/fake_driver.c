// A fake libcuda.so.1 for test/cuda/driver.test.ts: a driver of CUDA version FAKE_DRIVER_VERSION that fails to
// initialise with the error FAKE_DRIVER_ERROR. It has the functions that the runtime calls first; all others return
// 500, CUDA_ERROR_NOT_FOUND.
#include <stdlib.h>
#include <string.h>

static int number(const char* name) {
  const char* text = getenv(name);
  return text == NULL ? 0 : atoi(text);
}

static int not_found(void) { return 500; }

int cuInit(unsigned flags) {
  (void)flags;
  return number("FAKE_DRIVER_ERROR");
}

int cuDriverGetVersion(int* version) {
  *version = number("FAKE_DRIVER_VERSION");
  return 0;
}

int cuGetProcAddress_v2(const char* name, void** function, int version, unsigned long long flags, int* found);

int cuGetProcAddress(const char* name, void** function, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(name, function, version, flags, NULL);
}

int cuGetProcAddress_v2(const char* name, void** function, int version, unsigned long long flags, int* found) {
  (void)flags;
  if (found != NULL) *found = 0;
  *function = (void*)not_found;
  if (strcmp(name, "cuInit") == 0) *function = (void*)cuInit;
  if (strcmp(name, "cuDriverGetVersion") == 0) *function = (void*)cuDriverGetVersion;
  if (strcmp(name, "cuGetProcAddress") == 0)
    *function = version < 12000 ? (void*)cuGetProcAddress : (void*)cuGetProcAddress_v2;
  return 0;
}
