// Measures times on a device with CUDA events.

/** Bytes of each of two buffers: more than the L2 cache of any device so far. */
const CACHE = 256 << 20;
const SPANS = 2;

/** A clock on the default stream of a device. */
export function deviceClock(device) {
  const { stream } = device;
  const events = Array.from({ length: SPANS }, () => [device.event(), device.event()]);
  const [here, there] = [0, 1].map(() => device.zeros([CACHE / 4]));
  const pass = () => {
    there.copyFrom(here);
    here.copyFrom(there); // a second copy, because one (512 MiB of traffic) takes 0.1 to 0.2 ms, hardly more than the host needs
  };
  return {
    /**
     * Microseconds of one call of each work on the device, after all earlier work. For a single call, copies of large
     * buffers run first, which evict its inputs from the cache. During these copies the host queues the work and both
     * events, which takes about 0.1 ms with the checks of two ops, so that the device does not wait in between.
     */
    async time(calls, ...works) {
      await device.synchronize();
      for (const [i, work] of works.entries()) {
        const [start, end] = events[i];
        if (calls === 1) pass();
        stream.record(start);
        for (let call = 0; call < calls; call++) work();
        stream.record(end);
      }
      const taken = events.slice(0, works.length).map(([start, end]) => end.elapsedMs(start));
      return (await Promise.all(taken)).map(ms => (1e3 * ms) / calls);
    },
  };
}
