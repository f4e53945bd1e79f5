/* replay.c: runs a fuzz target over saved inputs, under any compiler.
 *
 *     replay_wire tests/fuzz/corpus/wire     ok 1 - corpus/wire: 35 inputs
 *
 * Every argument is a file or a directory of files, and one line. An input that breaks a law
 * ends the process, which the runner counts.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

enum {
    INPUT_SIZE_MAX = 4 * 1024 * 1024
};

static bool run_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || size > INPUT_SIZE_MAX) {
        (void)fprintf(stderr, "# %s: %s\n", path,
                      file == NULL ? strerror(errno) : "too large"); // only a remark
        if (file != NULL) {
            (void)fclose(file); // read only
        }
        return false;
    }
    // Exactly as large as the input, so that the sanitizer sees a read behind it.
    uint8_t *data = malloc(size > 0 ? size : 1);
    bool is_read = data != NULL && fread(data, 1, size, file) == size;
    (void)fclose(file); // read only
    if (is_read) {
        // Names the input that a crash is about.
        (void)fprintf(stderr, "# %s\n", path);
        (void)LLVMFuzzerTestOneInput(data, size); // always 0
    }
    free(data);
    return is_read;
}

static bool run_path(const char *path, unsigned *count);

static bool run_directory(const char *path, unsigned *count)
{
    struct dirent **entries = NULL;
    int found = scandir(path, &entries, NULL, alphasort);
    if (found < 0) {
        return false;
    }
    bool ok = true;
    for (int i = 0; i < found; i++) {
        char inner[PATH_MAX];
        int length = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            ok = length > 0 && length < PATH_MAX && run_path(inner, count) && ok;
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool run_path(const char *path, unsigned *count)
{
    struct stat facts;
    if (stat(path, &facts) != 0) {
        (void)fprintf(stderr, "# %s: %s\n", path, strerror(errno)); // only a remark
        return false;
    }
    if (S_ISDIR(facts.st_mode)) {
        return run_directory(path, count);
    }
    if (!run_file(path, (size_t)facts.st_size)) {
        return false;
    }
    *count += 1;
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

int main(int argc, char **argv)
{
    bool all_ok = argc > 1;
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        unsigned count = 0;
        // No inputs at all means that the corpus is not where it should be.
        bool ok = run_path(argv[i], &count) && count > 0;
        all_ok = all_ok && ok;
        printf("%s %d - corpus/%s: %u inputs\n", ok ? "ok" : "not ok", i,
               base_name(argv[i]), count);
    }
    return all_ok ? 0 : 1;
}
