/* admin.c: one request to the broker's admin endpoint. */
#include "workers/sanji/admin.h"

#include "proto/limits.h"
#include "workers/sanji/ask.h"
#include "workers/sanji/cli.h"

enum status admin_ask(const char *run_dir, Sanji__AdminRequest *request, int64_t limit_ms,
                      struct arena *arena, Sanji__AdminReply **reply, struct fault *fault)
{
    request->protocol = PROTOCOL_VERSION;
    request->request_no = 1;
    ProtobufCMessage *message = NULL;
    const struct ask_call call = {.run_dir = run_dir,
                                  .name = "admin",
                                  .request = &request->base,
                                  .reply = &sanji__admin_reply__descriptor,
                                  .limit_ms = limit_ms};
    enum status status = ask_once(&call, arena, &message, fault);
    if (status != STATUS_OK) {
        return status;
    }
    Sanji__AdminReply *answer = (Sanji__AdminReply *)message;
    if (answer->body_case == SANJI__ADMIN_REPLY__BODY_ERROR) {
        enum status code = answer->error->code == STATUS_OK
                               ? STATUS_INVALID
                               : (enum status)answer->error->code;
        return fault_set(fault, code, "%s", answer->error->text);
    }
    if (answer->body_case == SANJI__ADMIN_REPLY__BODY__NOT_SET) {
        return fault_set(fault, STATUS_UNKNOWN_KIND,
                         "an answer of a kind this program "
                         "does not know");
    }
    *reply = answer;
    return STATUS_OK;
}

int admin_call(const struct cli *cli, Sanji__AdminRequest *request,
               Sanji__AdminReply__BodyCase body, int64_t limit_ms, struct arena *arena,
               Sanji__AdminReply **reply)
{
    struct fault fault;
    Sanji__AdminReply *answer = NULL;
    enum status status = admin_ask(cli->run_dir, request, limit_ms, arena, &answer, &fault);
    if (status != STATUS_OK) {
        return cli_fail(cli, cli_exit_of(status), "%s", fault.text);
    }
    if (answer == NULL || answer->body_case != body) {
        return cli_fail(cli, CLI_FAILURE, "the broker answered something else");
    }
    *reply = answer;
    return CLI_OK;
}
