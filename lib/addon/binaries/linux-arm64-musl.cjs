// frac-connections/native/linux-arm64-musl: loads the addon of this platform by a path that bundlers see. Import it before the package.
// It is CommonJS, because Node loads an addon only by require.
const key = Symbol.for('frac-connections.addon');
const file = 'frac-connections/native/linux-arm64-musl';
try {
  globalThis[key] = { file, addon: require('../../../../prebuilds/linux-arm64/frac-connections.musl.node') };
} catch (error) {
  globalThis[key] = { file, reason: `${file}: ${error.message}` };
}
