// Calls about streams, events and graphs.
#include "node/cuda/arguments.h"
#include "node/cuda/calls.h"
#include "node/cuda/promise.h"

namespace frac::node::gpu {

using Kind = Refused::Kind;

// createStream(device): handle
Napi::Value create_stream(const Napi::CallbackInfo& info) {
  DeviceArguments take("createStream", info);
  const int device = take.device();
  take.finish();
  return Napi::Number::New(info.Env(), Handles::of(info.Env()).add(std::make_shared<Stream>(device)));
}

// createEvent(device): handle
Napi::Value create_event(const Napi::CallbackInfo& info) {
  DeviceArguments take("createEvent", info);
  const int device = take.device();
  take.finish();
  return Napi::Number::New(info.Env(), Handles::of(info.Env()).add(std::make_shared<Event>(device, true)));
}

// record(stream, event)
Napi::Value record(const Napi::CallbackInfo& info) {
  DeviceArguments take("record", info);
  const auto stream = take.stream(false);
  const auto event = take.handle<Event>("event");
  take.finish();
  FRAC_CUDA_CHECK(cudaEventRecord(event->event, stream->get()));
  event->recorded = true;
  return info.Env().Undefined();
}

// wait(stream, event): what is put on the stream from now on comes after the event
Napi::Value wait(const Napi::CallbackInfo& info) {
  DeviceArguments take("wait", info);
  const auto stream = take.stream(false);
  const auto event = take.handle<Event>("event");
  take.finish();
  FRAC_CUDA_CHECK(cudaStreamWaitEvent(stream->get(), event->event, 0));
  return info.Env().Undefined();
}

// synchronize(stream): Promise
Napi::Value synchronize(const Napi::CallbackInfo& info) {
  DeviceArguments take("synchronize", info);
  const auto stream = take.stream(false);
  take.finish();
  return promise(info.Env(), {stream->device, {mark(stream)}, nullptr, nullptr, {stream}});
}

// reached(event): Promise; resolved at once if it was never recorded
Napi::Value reached(const Napi::CallbackInfo& info) {
  DeviceArguments take("reached", info);
  const auto event = take.handle<Event>("event");
  take.finish();
  return promise(info.Env(), {event->device, {event}, nullptr, nullptr, {}});
}

// elapsed(start, end): Promise of milliseconds
Napi::Value elapsed(const Napi::CallbackInfo& info) {
  DeviceArguments take("elapsed", info);
  const auto start = take.handle<Event>("start");
  const auto end = take.handle<Event>("end");
  take.finish();
  if (!start->recorded) take.refuse(Kind::kRange, "ERR_OPTION", "start", "have been recorded");
  if (!end->recorded) take.refuse(Kind::kRange, "ERR_OPTION", "end", "have been recorded");
  if (start->device != end->device) take.refuse(Kind::kRange, "ERR_OPTION", "end", "be of the device of start");
  const auto milliseconds = std::make_shared<float>(0.0f);
  const auto ask = [=] { FRAC_CUDA_CHECK(cudaEventElapsedTime(milliseconds.get(), start->event, end->event)); };
  const auto result = [=](Napi::Env env) { return Napi::Number::New(env, *milliseconds); };
  return promise(info.Env(), {start->device, {start, end}, ask, result, {}});
}

// beginCapture(stream)
Napi::Value begin_capture(const Napi::CallbackInfo& info) {
  DeviceArguments take("beginCapture", info);
  const auto stream = take.stream(false);
  take.finish();
  stream->begin_capture();
  return info.Env().Undefined();
}

// endCapture(stream): handle of a graph
Napi::Value end_capture(const Napi::CallbackInfo& info) {
  DeviceArguments take("endCapture", info);
  const auto stream = take.stream(true);
  take.finish();
  if (!stream->capturing()) take.refuse(Kind::kRange, "ERR_OPTION", "stream", "be captured");
  return Napi::Number::New(info.Env(), Handles::of(info.Env()).add(stream->end_capture()));
}

// abortCapture(stream): never fails once the stream is known
Napi::Value abort_capture(const Napi::CallbackInfo& info) {
  DeviceArguments take("abortCapture", info);
  const auto stream = take.handle<Stream>("stream");
  take.finish();
  stream->abort_capture();
  return info.Env().Undefined();
}

// launch(stream, graph)
Napi::Value launch_graph(const Napi::CallbackInfo& info) {
  DeviceArguments take("launch", info);
  const auto stream = take.stream(false);
  const auto graph = take.handle<Graph>("graph");
  take.finish();
  FRAC_CUDA_CHECK(cudaGraphLaunch(graph->exec, stream->get()));
  return info.Env().Undefined();
}

}  // namespace frac::node::gpu
