/*
 * process.h - the built program as hub, node or command of a benchmark, all in
 * one folder
 */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <sys/types.h>

/* Runs `leima WORDS` in the folder to its end; words of a shell. */
void process_run(const char *folder, const char *words);

/* Starts `leima WORD LEDGER OPTION VALUE`, its output in LEDGER.out; it ends
 * with us. */
pid_t process_start(const char *folder, const char *word, const char *ledger,
                    const char *option, const char *value);
void process_stop(pid_t pid);

/* Where the hub that runs on the ledger listens, once it does. */
void process_endpoint(const char *folder, const char *ledger,
                      char endpoint[static 64]);

#endif
