# A bridge for tools that build addons with node-gyp (prebuildify): runs scripts/build_native.mjs, which runs CMake.
{
  "targets": [
    {
      "target_name": "frac_connections",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": [],
          # The second output never exists, so that CMake is asked every time: it alone knows what is stale.
          "outputs": ["<(PRODUCT_DIR)/frac_connections.node", "<(PRODUCT_DIR)/.always"],
          "action": ["node", "scripts/build_native.mjs"],
        }
      ],
    }
  ]
}
