/*
 * inflow.h - a journal that gets records of several nodes, as a hub's does
 */
#ifndef TESTS_INFLOW_H
#define TESTS_INFLOW_H

#include "core/journal.h"
#include "tests/place.h"

enum { INFLOW_NODES_MAX = 8, INFLOW_BATCH_MAX = 200 };

#define INFLOW_NOW INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

struct inflow {
    struct place place; /* of the ledger: its journal is in "journal" */
    struct journal *journal;
    uint32_t node_count; /* from 1 on; the journal is node 100 */
    struct inflow_node {
        struct place place;
        struct journal *journal;
    } nodes[INFLOW_NODES_MAX];
};

void inflow_open(struct inflow *inflow, uint32_t node_count);
void inflow_close(struct inflow *inflow);

/* Writes the events to the node's own journal as one append, copies where they
 * have identities; new ones get theirs.  Node 0: to the hub's own. */
void inflow_append(struct inflow *inflow, uint32_t node, struct event *events,
                   uint32_t count);
/* Brings the hub what it does not have of that node. */
void inflow_send(struct inflow *inflow, uint32_t node);

#endif
