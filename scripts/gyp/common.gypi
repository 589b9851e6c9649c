# Stands in for the common.gypi of Node's headers; binding.gyp says why. CMakeLists.txt has the compiler's settings.
{}
