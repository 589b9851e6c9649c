// The TensorFlow releases for set-up, tests and binary packages, in a form in which pip finds their wheels with any
// Python.

/** The pinned release, which set-up prepares. */
export const NEWEST = {
  version: '2.21.0',
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  pip: select('2.21.0', '3.11', 'cp311', 'manylinux_2_27_x86_64'),
};

/** The release that the installer of tfjs-node 4.22 uses, except for the patch number. */
export const OLDEST = {
  version: '2.9.3',
  sha256: '9037ab0580b0dfcc054713490dd6c84a6e66ea32216488faadcc2e8f7a0abaa8',
  pip: select('2.9.3', '3.10', 'cp310', 'manylinux2014_x86_64', 'manylinux_2_17_x86_64'),
};

function select(version, python, abi, ...platforms) {
  return [
    `tensorflow-cpu==${version}`,
    ...['--no-deps', '--only-binary=:all:'],
    ...platforms.flatMap(platform => ['--platform', platform]),
    ...['--python-version', python, '--implementation', 'cp', '--abi', abi],
    ...['--disable-pip-version-check', '--no-input', '--retries', '1', '--timeout', '20', '--quiet'],
  ];
}
