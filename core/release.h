/*
 * release.h - which release of leima this is
 *
 * For people and monitoring only.  What machines agree on are the version of
 * the protocol (nodes/sync.h) and the formats of what lies on disk, which each
 * owner numbers for itself.
 */
#ifndef CORE_RELEASE_H
#define CORE_RELEASE_H

#define RELEASE "1.0.0"

#endif
