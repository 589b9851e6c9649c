// frac-connections/native/linux-arm64: the addon for this platform by a path that bundlers see. To be imported before the package.
// CommonJS, copied as it is: Node loads an addon by require alone.
const key = Symbol.for('frac-connections.addon');
const file = 'frac-connections/native/linux-arm64';
try {
  globalThis[key] = { file, addon: require('../../../../prebuilds/linux-arm64/frac-connections.glibc.node') };
} catch (error) {
  globalThis[key] = { file, reason: `${file}: ${error.message}` };
}
