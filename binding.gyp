# Builds the addon with node-gyp's own command:
#
#   npx node-gyp rebuild                     build/Release/frac_connections.node, as `npm run build:native` makes it
#   npx node-gyp rebuild --frac_cuda=OFF     without CUDA kernels; CMakeLists.txt has the values of FRAC_CUDA
#
# CMake does the work; this file only calls it, for tools and people that know node-gyp alone. `rebuild` and `clean` remove the
# whole folder build/, also what `npm run build:emulated` left there.
#
# It needs no network: nothing here compiles against Node's headers, so package.json's `config` points node-gyp to the empty
# settings in scripts/gyp in place of headers to download.
#
# This file is not in the npm package, where npm would run it at every install. In a clone `"gypfile": false` in package.json
# keeps `npm install` and `npm ci` from running it.
{
  'variables': {
    'frac_cuda%': 'AUTO',
  },
  'targets': [
    {
      'target_name': 'frac_connections',
      'type': 'none',
      'actions': [
        {
          'action_name': 'cmake',
          'inputs': [],
          'outputs': ['<(PRODUCT_DIR)/always'],  # is never made, so that CMake decides what is out of date
          'action': ['node', 'scripts/build_native.mjs', '-DFRAC_CUDA=<(frac_cuda)'],
        },
      ],
    },
  ],
}
