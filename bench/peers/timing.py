"""Measures median times, with events on a GPU and with the clock on a CPU. The inputs are not in the cache."""

import math
import time

import torch

CACHE = 128 << 20  # bytes accessed between two uses of a buffer: more than the L2 cache of a GPU
AHEAD = 2_000_000  # GPU clock cycles, about a millisecond, during which Python queues one run


def copies_needed(bytes_of_one):
    """The number of sets of inputs to use in turn."""
    return max(2, math.ceil(CACHE / bytes_of_one) + 1)


def time_us(run, device, repeats, warmups=5):
    """The median of run(0), run(1), ..., each timed by itself."""
    for i in range(warmups):
        run(i)
    return sorted(_each(run, device, repeats))[repeats // 2]


def _each(run, device, repeats):
    if device != "cuda":
        taken = []
        for i in range(repeats):
            start = time.perf_counter()
            run(i)
            taken.append(1e6 * (time.perf_counter() - start))
        return taken
    # A run and both of its events are queued before the GPU reaches the first, so that the GPU does not wait for
    # Python.
    events = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(repeats)]
    torch.cuda.synchronize()
    for i, (start, stop) in enumerate(events):
        torch.cuda._sleep(AHEAD)
        start.record()
        run(i)
        stop.record()
    torch.cuda.synchronize()
    return [1e3 * start.elapsed_time(stop) for start, stop in events]


def copy_us(total_bytes, device, repeats):
    """A copy whose reads and writes have this many bytes in total."""
    half = max(4, int(total_bytes // 2))
    sets = [[torch.ones(half, dtype=torch.uint8, device=device) for _ in range(2)] for _ in range(copies_needed(2 * half))]
    return time_us(lambda i: sets[i % len(sets)][1].copy_(sets[i % len(sets)][0]), device, repeats)
