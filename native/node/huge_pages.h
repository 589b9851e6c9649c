#pragma once

#include <cstddef>

namespace frac::node {

// Asks for huge pages under memory that is about to be written, where the system gives them only to those who ask, as Linux
// mostly does: a fresh array of 64 MiB takes 16,384 page faults otherwise, which are most of a call's time. Nothing elsewhere.
void ask_for_huge_pages(void* begin, size_t bytes);

}  // namespace frac::node
