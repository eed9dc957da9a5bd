/*
 * trace_model.h - what the simulator asks of the trace beside trace.h
 */
#ifndef TESTS_SIM_TRACE_MODEL_H
#define TESTS_SIM_TRACE_MODEL_H

#include "nodes/trace.h"

void trace_be_loud(bool be_loud);
/* How often people have been alarmed since the program began. */
uint64_t trace_alarms(void);

#endif
