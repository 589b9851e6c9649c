// The TensorFlow releases and CUDA libraries for set-up, tests and binary packages: wheels from the package index that pip
// uses. `pip` selects a wheel in a form in which pip finds it with any Python. Sizes are in bytes.

/** A wheel. `address` and `sha256` can be those of another copy or build, such as that of a mirror or a test. */
function wheel(project, version, size, sha256, pip) {
  return { project, version, size, sha256, name: `${project}-${version}`, pip: [...pip, ...QUIET] };
}

const QUIET = ['--disable-pip-version-check', '--no-input', '--retries', '1', '--timeout', '20', '--quiet'];

function select(requirement, platforms, python, abi) {
  return [
    requirement,
    ...['--no-deps', '--only-binary=:all:'],
    ...platforms.flatMap(platform => ['--platform', platform]),
    ...['--python-version', python, '--implementation', 'cp', '--abi', abi],
  ];
}

const tensorflow = (project, version, size, sha256, platforms, python, abi) =>
  wheel(project, version, size, sha256, select(`${project}==${version}`, platforms, python, abi));

const NVIDIA_PLATFORMS = ['manylinux_2_27_x86_64', 'manylinux2014_x86_64', 'manylinux2010_x86_64'];
const nvidia = (library, version, size, sha256) => {
  const project = `nvidia-${library}-cu12`;
  return wheel(
    project,
    version,
    size,
    sha256,
    select(`${project}==${version}`, NVIDIA_PLATFORMS, '3.11', 'none'),
  );
};

const NEWEST_VERSION = '2.21.0';
const NEWEST_TAGS = [['manylinux_2_27_x86_64'], '3.11', 'cp311'];

/** The pinned release, which set-up prepares: for the CPU. */
export const NEWEST = tensorflow(
  'tensorflow-cpu',
  NEWEST_VERSION,
  273_829_956,
  '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  ...NEWEST_TAGS,
);

/** The same release for GPUs. All its headers are unpacked: the library for its stream needs those of C++ classes. */
export const NEWEST_GPU = {
  ...tensorflow(
    'tensorflow',
    NEWEST_VERSION,
    572_440_367,
    '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    ...NEWEST_TAGS,
  ),
  headers: 'all',
};

/** The release that the installer of tfjs-node 4.22 uses, except for the patch number. */
export const OLDEST = tensorflow(
  'tensorflow-cpu',
  '2.9.3',
  0, // set-up does not download it
  '9037ab0580b0dfcc054713490dd6c84a6e66ea32216488faadcc2e8f7a0abaa8',
  ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
  '3.10',
  'cp310',
);

/** The CUDA 12 libraries that `tensorflow[and-cuda]` asks for, which TensorFlow opens by name when it starts. */
export const CUDA = [
  nvidia(
    'cublas',
    '12.9.3.13',
    581_217_458,
    'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  ),
  nvidia(
    'cuda-cupti',
    '12.8.90',
    10_248_621,
    'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
  ),
  nvidia(
    'cuda-nvcc',
    '12.9.86',
    40_546_229,
    '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  ),
  nvidia(
    'cuda-nvrtc',
    '12.9.86',
    89_568_129,
    '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  ),
  nvidia(
    'cuda-runtime',
    '12.9.79',
    3_493_179,
    '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  ),
  nvidia(
    'cudnn',
    '9.28.0.42',
    716_538_495,
    '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  ),
  nvidia(
    'cufft',
    '11.4.1.4',
    200_877_592,
    'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  ),
  nvidia(
    'curand',
    '10.3.10.19',
    68_295_626,
    '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
  ),
  nvidia(
    'cusolver',
    '11.7.5.82',
    338_117_415,
    '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  ),
  nvidia(
    'cusparse',
    '12.5.10.65',
    366_465_088,
    '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  ),
  nvidia('nccl', '2.32.3', 351_526_311, 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'),
  nvidia(
    'nvjitlink',
    '12.9.86',
    39_748_338,
    'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  ),
];
