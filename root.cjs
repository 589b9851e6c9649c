// The package's own folder. The one way to name it that both module formats share (imported as `#root`).
module.exports = __dirname;
