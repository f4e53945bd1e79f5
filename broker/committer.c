/* committer.c: one batch at a time through a mutex and a condition. */
#include "broker/committer.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "broker/commit.h"
#include "broker/runtime/loop.h"

struct committer {
    struct commit *commit;
    struct loop_wake *wake;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_running;

    // Under the lock.
    bool is_stopping;
    struct batch *given; // waits or is being committed
    struct batch *done;
};

static void lock(struct committer *committer)
{
    int code = pthread_mutex_lock(&committer->lock);
    assert(code == 0);
}

static void unlock(struct committer *committer)
{
    int code = pthread_mutex_unlock(&committer->lock);
    assert(code == 0);
}

static void *run(void *context)
{
    struct committer *committer = context;
    lock(committer);
    for (;;) {
        while (committer->given == NULL && !committer->is_stopping) {
            int code = pthread_cond_wait(&committer->changed, &committer->lock);
            assert(code == 0);
        }
        struct batch *batch = committer->given;
        if (batch == NULL) {
            break;
        }
        unlock(committer);
        commit_batch(committer->commit, batch);
        lock(committer);
        committer->given = NULL;
        committer->done = batch;
        loop_wake_send(committer->wake);
    }
    unlock(committer);
    return NULL;
}

// That the loop turns is all: it asks for what is done in each turn.
static void on_wake(void *context)
{
    (void)context;
}

struct committer *committer_new(struct commit *commit, struct loop *loop)
{
    struct committer *committer = calloc(1, sizeof(*committer));
    if (committer == NULL) {
        abort();
    }
    committer->commit = commit;
    committer->wake = loop_wake_new(loop, on_wake, committer);
    int code = pthread_mutex_init(&committer->lock, NULL);
    assert(code == 0);
    code = pthread_cond_init(&committer->changed, NULL);
    assert(code == 0);
    // Signals are the loop's: the new thread inherits a mask that blocks them all.
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all); // cannot fail
    code = pthread_sigmask(SIG_BLOCK, &all, &before);
    assert(code == 0);
    code = pthread_create(&committer->thread, NULL, run, committer);
    if (code != 0) {
        abort();
    }
    committer->is_running = true;
    code = pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(code == 0);
    return committer;
}

void committer_stop(struct committer *committer)
{
    if (!committer->is_running) {
        return;
    }
    lock(committer);
    committer->is_stopping = true;
    int code = pthread_cond_signal(&committer->changed);
    assert(code == 0);
    unlock(committer);
    code = pthread_join(committer->thread, NULL);
    assert(code == 0);
    committer->is_running = false;
}

void committer_free(struct committer **freeing)
{
    struct committer *committer = *freeing;
    if (committer == NULL) {
        return;
    }
    committer_stop(committer);
    loop_wake_free(&committer->wake);
    int code = pthread_cond_destroy(&committer->changed);
    assert(code == 0);
    code = pthread_mutex_destroy(&committer->lock);
    assert(code == 0);
    free(committer);
    *freeing = NULL;
}

static bool is_idle(struct committer *committer)
{
    lock(committer);
    bool idle = committer->given == NULL && committer->done == NULL;
    unlock(committer);
    return idle;
}

void committer_start(struct committer *committer, struct batch *batch)
{
    lock(committer);
    assert(committer->given == NULL && committer->done == NULL);
    committer->given = batch;
    int code = pthread_cond_signal(&committer->changed);
    assert(code == 0);
    unlock(committer);
}

struct batch *committer_take(struct committer *committer)
{
    lock(committer);
    struct batch *done = committer->done;
    committer->done = NULL;
    unlock(committer);
    return done;
}

void committer_run_here(struct committer *committer, struct batch *batch)
{
    assert(is_idle(committer));
    commit_batch(committer->commit, batch);
}
