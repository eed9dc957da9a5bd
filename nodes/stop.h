/*
 * stop.h - SIGTERM and SIGINT as a descriptor to wait for
 *
 * Opened before any thread is started, so that no thread takes the signal.
 */
#ifndef NODES_STOP_H
#define NODES_STOP_H

#include "core/err.h"

/* ERR_IO: the machine has no descriptor left. */
NODISCARD enum err stop_open(int *ret_descriptor);
/* Whether one of the signals has come; stays true. */
bool stop_asked(int descriptor);
/* Signals do what they did before. */
void stop_close(int descriptor);

#endif
