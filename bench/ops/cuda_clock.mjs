// Times on a device, by its own events.

/** Bytes of each of two buffers: more than the last cache of any device so far, and CUDA tells us no size. */
const CACHE = 256 << 20;
const SPANS = 2;

/** A clock on a device's own stream. */
export function deviceClock(device) {
  const { stream } = device;
  const events = Array.from({ length: SPANS }, () => [device.event(), device.event()]);
  const [here, there] = [0, 1].map(() => device.zeros([CACHE / 4]));
  const pass = () => {
    there.copyFrom(here);
    here.copyFrom(there); // a device moves one copy's 512 MiB in 0.1 to 0.2 ms, which is too near to what the host needs
  };
  return {
    /**
     * Microseconds that one call of each work takes on the device; what was asked of it before is done by then. One call alone
     * has its inputs out of the cache: copies of what is larger go before it. Meanwhile the host puts the work and both events on
     * the stream, about 0.1 ms with the checks of two ops, so that the device does not wait in between.
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
