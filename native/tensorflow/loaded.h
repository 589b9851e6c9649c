// The files of TensorFlow that this process has loaded, and their functions.
#pragma once

#include <vector>

namespace frac::tensorflow {

// They stay loaded, because registered kernels may be called until the process ends. Empty if there are none.
std::vector<void*> loaded_files();

// Null if no file exports it.
void* find_symbol(const std::vector<void*>& files, const char* name);

}  // namespace frac::tensorflow
