#pragma once

namespace frac::node {

// Keeps the addon in memory for the life of the process. Node unloads an addon with the last worker thread that loaded it,
// and the pool's threads would then wake up in code that is gone.
void stay_resident();

}  // namespace frac::node
