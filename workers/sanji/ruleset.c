/* ruleset.c: see ruleset.h. */
#include "workers/sanji/ruleset.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/runtime/rulesfile.h"
#include "broker/runtime/rulesfile_grow.h"

enum {
    PATH_SIZE = 4096
};

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Whoever looks at it may stand in another folder. */
static void make_whole(char *path, size_t room)
{
    char *whole = realpath(path, NULL);
    if (whole != NULL && strlen(whole) < room) {
        memcpy(path, whole, strlen(whole) + 1);
    }
    free(whole);
}

char *ruleset_find(const struct cli *cli, char *path, size_t room)
{
    char program_dir[PATH_SIZE / 2];
    const char *given = cli_option(cli, "--config");
    if (given == NULL && is_file("deploy/sanji.yaml")) {
        given = "deploy/sanji.yaml";
    }
    const int size = given != NULL
                         ? snprintf(path, room, "%s", given)
                         : snprintf(path, room, "%s/../share/sanji/sanji.yaml",
                                    cli_program_dir(program_dir, sizeof program_dir));
    assert(size > 0);
    make_whole(path, room);
    return path;
}

enum status ruleset_grow(char *config, size_t room, uint32_t times, const char *folder,
                         struct fault *fault)
{
    if (times < 2) {
        return STATUS_OK;
    }
    const enum status status = rulesfile_grow(config, times, folder, fault);
    if (status != STATUS_OK) {
        return status;
    }
    const int size = snprintf(config, room, "%s/sanji.yaml", folder);
    if (size < 0 || (size_t)size >= room) {
        return fault_set(fault, STATUS_TOO_LARGE, "%s: path too long", folder);
    }
    make_whole(config, room);
    return STATUS_OK;
}

enum status ruleset_load(const char *config, struct rules **rules, struct fault *fault)
{
    struct rulesfile *files = NULL;
    enum status status = rulesfile_load(config, &files, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct rules *in_force = rules_new();
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG;
         kind <= SANJI__RULES_KIND__RULES_KIND_LABELS && status == STATUS_OK; kind++) {
        status = rules_restore(in_force, (Sanji__RulesKind)kind, 1,
                               rulesfile_bytes(files, (Sanji__RulesKind)kind));
    }
    rulesfile_free(&files);
    if (status != STATUS_OK) {
        rules_free(&in_force);
        return fault_set(fault, STATUS_INVALID, "%s: does not fold", config);
    }
    *rules = in_force;
    return STATUS_OK;
}
