/*
 * trace_model.h - what the simulator asks of the trace beside trace.h
 */
#ifndef TESTS_SIM_TRACE_MODEL_H
#define TESTS_SIM_TRACE_MODEL_H

#include "nodes/trace.h"

/* 0: nothing is printed; 1: errors and notices; 2: every frame. */
void trace_be_loud(uint32_t level);

#endif
