/* commands.h: the commands of `sanji`, one function each; the table is in main.c. Each
 * returns the exit code. */
#ifndef SANJI_COMMANDS_H
#define SANJI_COMMANDS_H

struct cli;

int cmd_up(struct cli *cli);
int cmd_submit(struct cli *cli);
int cmd_say(struct cli *cli);
int cmd_tail(struct cli *cli);
int cmd_status(struct cli *cli);
int cmd_advance(struct cli *cli);
int cmd_clock(struct cli *cli);
int cmd_backup(struct cli *cli);
int cmd_verify(struct cli *cli);
int cmd_reload(struct cli *cli);
int cmd_check_config(struct cli *cli);
int cmd_demo(struct cli *cli);
int cmd_case_show(struct cli *cli);
int cmd_case_explain(struct cli *cli);
int cmd_case_list(struct cli *cli);
int cmd_read(struct cli *cli);
int cmd_route_test(struct cli *cli);
int cmd_board(struct cli *cli);
int cmd_indicators(struct cli *cli);
int cmd_digest(struct cli *cli);
int cmd_import(struct cli *cli);
int cmd_bench_append(struct cli *cli);
/* A call that the contract names and this version lacks: says so, exit 1. */
int cmd_unbuilt(struct cli *cli);

#endif
