// The TensorFlow that is loaded in this process, used through its stable C API, without TensorFlow's headers and
// without linking. So one addon works with any version, and also in a process without TensorFlow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace frac::tensorflow {

// TensorFlow's types. All but TF_Buffer are opaque.
struct TF_Buffer {
  const void* data;
  size_t length;
  void (*deallocator)(void* data, size_t length);
};
struct TF_KernelBuilder;
struct TF_OpDefinitionBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
struct TF_ShapeInferenceContext;
struct TF_Status;
struct TF_Tensor;

// The values of TF_Code that are used.
constexpr int kOk = 0, kInvalidArgument = 3, kResourceExhausted = 8, kInternal = 13;
// The values of TF_DataType that are used.
constexpr int kFloat = 1, kByte = 4;
// TF_AllocatorAttributes for memory of the kernel's device.
struct TF_AllocatorAttributes {
  size_t struct_size = offsetof(TF_AllocatorAttributes, on_host) + sizeof(unsigned char);
  unsigned char on_host = 0;
};

using ShapeFunction = void(TF_ShapeInferenceContext*, TF_Status*);
using CreateKernel = void*(TF_OpKernelConstruction*);
using ComputeKernel = void(void*, TF_OpKernelContext*);
using DeleteKernel = void(void*);
using Deallocator = void(void* data, size_t bytes, void* argument);

// F(result, name, arguments) for every function that is used.
#define FRAC_TENSORFLOW_FUNCTIONS(F)                                                                                 \
  F(const char*, TF_Version, ())                                                                                     \
  F(TF_Status*, TF_NewStatus, ())                                                                                    \
  F(void, TF_DeleteStatus, (TF_Status*))                                                                             \
  F(void, TF_SetStatus, (TF_Status*, int code, const char* message))                                                 \
  F(int, TF_GetCode, (const TF_Status*))                                                                             \
  F(const char*, TF_Message, (const TF_Status*))                                                                     \
  F(void, TF_DeleteBuffer, (TF_Buffer*))                                                                             \
  F(TF_Buffer*, TF_GetRegisteredKernelsForOp, (const char* op, TF_Status*))                                          \
  F(TF_OpDefinitionBuilder*, TF_NewOpDefinitionBuilder, (const char* op))                                            \
  F(void, TF_OpDefinitionBuilderAddAttr, (TF_OpDefinitionBuilder*, const char* spec))                                \
  F(void, TF_OpDefinitionBuilderAddInput, (TF_OpDefinitionBuilder*, const char* spec))                               \
  F(void, TF_OpDefinitionBuilderAddOutput, (TF_OpDefinitionBuilder*, const char* spec))                              \
  F(void, TF_OpDefinitionBuilderSetShapeInferenceFunction, (TF_OpDefinitionBuilder*, ShapeFunction*))                \
  F(void, TF_ShapeInferenceContextSetUnknownShape, (TF_ShapeInferenceContext*, TF_Status*))                          \
  F(void, TF_RegisterOpDefinition, (TF_OpDefinitionBuilder*, TF_Status*))                                            \
  F(TF_KernelBuilder*, TF_NewKernelBuilder,                                                                          \
    (const char* op, const char* device, CreateKernel*, ComputeKernel*, DeleteKernel*))                              \
  F(void, TF_RegisterKernelBuilder, (const char* name, TF_KernelBuilder*, TF_Status*))                               \
  F(void, TF_OpKernelConstruction_GetAttrSize,                                                                       \
    (TF_OpKernelConstruction*, const char* attr, int32_t* list_size, int32_t* total_size, TF_Status*))               \
  F(void, TF_OpKernelConstruction_GetAttrString,                                                                     \
    (TF_OpKernelConstruction*, const char* attr, char* value, size_t max, TF_Status*))                               \
  F(void, TF_OpKernelConstruction_Failure, (TF_OpKernelConstruction*, TF_Status*))                                   \
  F(void, TF_OpKernelContext_Failure, (TF_OpKernelContext*, TF_Status*))                                             \
  F(void, TF_GetInput, (TF_OpKernelContext*, int i, TF_Tensor**, TF_Status*))                                        \
  F(TF_Tensor*, TF_AllocateOutput,                                                                                   \
    (TF_OpKernelContext*, int i, int dtype, const int64_t* dims, int rank, size_t bytes, TF_Status*))                \
  F(TF_Tensor*, TF_AllocateTemp,                                                                                     \
    (TF_OpKernelContext*, int dtype, const int64_t* dims, int rank, TF_AllocatorAttributes*, TF_Status*))            \
  F(TF_Tensor*, TF_NewTensor,                                                                                        \
    (int dtype, const int64_t* dims, int rank, void* data, size_t bytes, Deallocator*, void* argument))              \
  F(void, TF_SetOutput, (TF_OpKernelContext*, int i, const TF_Tensor*, TF_Status*))                                  \
  F(void, TF_DeleteTensor, (TF_Tensor*))                                                                             \
  F(int, TF_TensorType, (const TF_Tensor*))                                                                          \
  F(int, TF_NumDims, (const TF_Tensor*))                                                                             \
  F(int64_t, TF_Dim, (const TF_Tensor*, int i))                                                                      \
  F(void*, TF_TensorData, (const TF_Tensor*))

struct Library {
#define FRAC_MEMBER(result, name, arguments) result(*name) arguments = nullptr;
  FRAC_TENSORFLOW_FUNCTIONS(FRAC_MEMBER)
#undef FRAC_MEMBER
};

// Finds TensorFlow among the loaded libraries. Returns null if it is not loaded or lacks a function, and adds the
// reason to `reasons`. Once the result is not null it stays the same; before that, TensorFlow may still be loaded
// later.
const Library* find_library(std::vector<std::string>& reasons);

// The library that find_library returned.
const Library& library();

// A TensorFlow status that is freed at the end of its scope.
class Status {
 public:
  Status() : status_(library().TF_NewStatus()) {}
  ~Status() { library().TF_DeleteStatus(status_); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  operator TF_Status*() const { return status_; }
  bool ok() const { return library().TF_GetCode(status_) == kOk; }
  int code() const { return library().TF_GetCode(status_); }
  std::string message() const { return library().TF_Message(status_); }

 private:
  TF_Status* status_;
};

}  // namespace frac::tensorflow
