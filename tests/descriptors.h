/*
 * descriptors.h - a process that can open nothing more for now
 */
#ifndef TESTS_DESCRIPTORS_H
#define TESTS_DESCRIPTORS_H

#include <sys/resource.h>

/* From now on a new file descriptor is below `count` or not to be had; returns
 * what the limit was before. */
rlim_t descriptors_allow(rlim_t count);

#endif
