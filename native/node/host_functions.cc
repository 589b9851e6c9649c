// Windows: Node's functions, taken from the program that loads the addon when it is loaded. An import library would tie the addon to
// a file called node.exe, and Electron's, Bun's or a renamed one is called otherwise. With Microsoft's linker cmake-js adds a hook
// that does the same; for others, a call goes through the pointers that are defined here.
#if defined(_WIN32) && !defined(_MSC_VER)
#include <windows.h>

// Those that node-addon-api calls for this addon. The linker names a missing one.
#define FRAC_HOST_FUNCTIONS(F)                                                                         \
  F(napi_add_finalizer) F(napi_close_escapable_handle_scope) F(napi_close_handle_scope)                \
  F(napi_create_array) F(napi_create_array_with_length) F(napi_create_double) F(napi_create_error)     \
  F(napi_create_function) F(napi_create_object) F(napi_create_range_error) F(napi_create_reference)    \
  F(napi_create_string_utf8) F(napi_create_type_error) F(napi_define_properties)                       \
  F(napi_delete_reference) F(napi_escape_handle) F(napi_fatal_error)                                   \
  F(napi_get_and_clear_last_exception) F(napi_get_array_length) F(napi_get_cb_info)                    \
  F(napi_get_last_error_info) F(napi_get_named_property) F(napi_get_property)                          \
  F(napi_get_reference_value) F(napi_get_typedarray_info) F(napi_get_undefined)                        \
  F(napi_get_value_double) F(napi_get_value_string_utf8) F(napi_has_property) F(napi_is_array)         \
  F(napi_is_arraybuffer) F(napi_is_dataview) F(napi_is_detached_arraybuffer)                           \
  F(napi_is_exception_pending) F(napi_is_typedarray) F(napi_open_escapable_handle_scope)               \
  F(napi_open_handle_scope) F(napi_set_element) F(napi_set_named_property) F(napi_throw) F(napi_typeof)

// The compiler calls an imported function f through the pointer __imp_f.
#define FRAC_POINTER(name) void* __imp_##name = nullptr;
extern "C" {
FRAC_HOST_FUNCTIONS(FRAC_POINTER)
}

namespace {

// Programs that contain Node have it in the program itself, or in one of these.
void* find(const char* name) {
  constexpr const wchar_t* kFiles[] = {nullptr, L"libnode.dll", L"node.dll"};
  for (const wchar_t* file : kFiles)
    if (const HMODULE module = GetModuleHandleW(file))
      if (const FARPROC function = GetProcAddress(module, name)) return reinterpret_cast<void*>(function);
  return nullptr;
}

}  // namespace

// Without all functions the addon does not load, and Node says so in an error.
extern "C" BOOL WINAPI DllMain(HINSTANCE, DWORD reason, LPVOID) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
#define FRAC_FIND(name) \
  if (!(__imp_##name = find(#name))) return FALSE;
  FRAC_HOST_FUNCTIONS(FRAC_FIND)
  return TRUE;
}
#endif
