/*
 * blake.h - BLAKE2b-256 of four things at once
 *
 * A digest is one long row of steps of which each waits for the one before, and
 * a hub makes one of all that comes.  Where the machine has registers for four
 * numbers (AVX2) four digests go side by side in little more than the time of
 * one; elsewhere they are made one after the other.
 */
#ifndef CORE_BLAKE_H
#define CORE_BLAKE_H

#include "core/crypto.h"

enum { BLAKE_LANES = 4 };

/* The digest of each, as crypto_digest() gives it. */
void blake_digests(const view bytes[static BLAKE_LANES],
                   digest ret_digests[static BLAKE_LANES]);

#endif
