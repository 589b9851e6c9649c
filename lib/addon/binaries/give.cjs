// Loads the addon of a platform for the package. A file for each platform calls it with a literal `require`, which bundlers see.
// It is CommonJS, because Node loads an addon only by require.
module.exports = (name, load) => {
  const file = `frac-connections/native/${name}`;
  const key = Symbol.for('frac-connections.addon');
  try {
    globalThis[key] = { file, addon: load() };
  } catch (error) {
    globalThis[key] = { file, reason: `${file}: ${error.message}` };
  }
};
