/* upset.c: see upset.h. */
#include "workers/sanji/upset.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum {
    COMMAND_SIZE = 4096,
    PATH_SIZE = 64
};

/* The words of a process's command line, each ended by NUL. Returns their size. */
static size_t read_command(const char *pid, char command[COMMAND_SIZE])
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "/proc/%.16s/cmdline", pid); // short: a number
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0; // it has ended meanwhile
    }
    const size_t size = fread(command, 1, COMMAND_SIZE - 1, file);
    (void)fclose(file); // only read
    command[size] = '\0';
    return size;
}

static bool is_program(const char *path, const char *program)
{
    const char *slash = strrchr(path, '/');
    return strcmp(slash != NULL ? slash + 1 : path, program) == 0;
}

/* --run DIR stands among the words. */
static bool runs_in(const char *command, size_t size, const char *run_dir)
{
    const char *before = command;
    for (size_t at = strlen(command) + 1; at < size; at += strlen(command + at) + 1) {
        if (strcmp(before, "--run") == 0 && strcmp(command + at, run_dir) == 0) {
            return true;
        }
        before = command + at;
    }
    return false;
}

bool upset_kill(const char *program, const char *run_dir)
{
    DIR *processes = opendir("/proc");
    bool killed = false;
    if (processes == NULL) {
        return false;
    }
    for (struct dirent *entry = readdir(processes); entry != NULL && !killed;
         entry = readdir(processes)) {
        char command[COMMAND_SIZE];
        if (!isdigit((unsigned char)entry->d_name[0])) {
            continue;
        }
        const size_t size = read_command(entry->d_name, command);
        if (size > 0 && is_program(command, program) && runs_in(command, size, run_dir)) {
            killed = kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL) == 0;
        }
    }
    (void)closedir(processes); // only read
    return killed;
}
