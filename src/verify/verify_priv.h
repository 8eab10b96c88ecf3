/* Shared by the files of this module. */
#ifndef GATESHIFT_VERIFY_PRIV_H
#define GATESHIFT_VERIFY_PRIV_H

#include "expect/expect.h"
#include "verify/verify.h"

enum { ECHO_MAX = 256 << 10 };

/* ---- handle.c: what libcurl is told of one request ------------------------------------------ */

struct transfer {
    const struct verify_item *item;
    struct verify_answer *answer;
    const struct verify_options *options;
    struct arena *arena; /* of what the library is told, until the transfer is closed */
    void *easy, *headers, *connect_to; /* CURL, struct curl_slist */
    void *digest;                      /* EVP_MD_CTX */
    struct buf beginning;              /* of the body, as far as an echo is looked for */
    uint64_t unsent;                   /* bytes of the request's body */
    char message[256];                 /* CURL_ERROR_SIZE */
    bool cut;                          /* the body is larger than what is read */
};
/* Why the request is not sent to both sides; absent when it is. */
struct slice request_refusal(struct arena *arena, const struct verify_options *options,
                             const struct verify_item *item);
NODISCARD bool transfer_open(struct transfer *transfer, struct arena *arena,
                             const struct verify_item *item, size_t side,
                             const struct verify_options *options, struct verify_answer *answer);
/* The library is done with it; `code` is a CURLcode. */
void transfer_end(struct run *run, struct transfer *transfer, int code);
void transfer_close(struct transfer *transfer);

/* ---- echo.c ------------------------------------------------------------------------------- */

/* Looks for an echo in the beginning of a body. */
void echo_read(struct run *run, struct arena *scratch, const struct verify_echo_keys *keys,
               struct slice body, struct verify_echo *out);
/* "shop/web" or as much of it as was told, for comparing and for people; absent when nothing was. */
struct slice echo_backend(struct arena *arena, const struct verify_echo *echo);

/* ---- target.c ------------------------------------------------------------------------------- */

/* Where a request of the scheme goes for a Gateway, which may be absent; absent: nowhere. */
struct slice target_address(const struct verify_target *target, struct slice gateway,
                            struct slice scheme);
/* The address is that of this Gateway alone. */
bool target_names(const struct verify_target *target, struct slice gateway, struct slice scheme);

/* ---- secrets.c, record.c -------------------------------------------------------------------- */

/* Stands in records for what is not told. */
struct slice hidden_value(void);
/* Its value is for nobody: it is neither recorded nor printed. */
bool header_is_secret(struct slice name);
/* It comes from a record that leaves the value out, wholly or in part. */
bool is_hidden(struct slice value);
/* Without the values of credentials and cookies. */
struct headers headers_public(struct arena *arena, const struct headers *headers);
struct request request_public(struct arena *arena, const struct request *request);
/* What request_public leaves out. An answer may bring it back under another name, so it is masked there. */
struct texts request_secrets(struct arena *arena, const struct request *request);
struct slice text_masked(struct arena *arena, const struct texts *secrets, struct slice text);
struct headers headers_masked(struct arena *arena, const struct texts *secrets,
                              const struct headers *headers);
struct node *answer_node(struct arena *arena, const struct verify_item *item, size_t side,
                         const struct texts *secrets);

/* ---- predict.c, differ.c ------------------------------------------------------------------ */

enum verify_held predicted(struct arena *arena, const struct outcome *outcome,
                           const struct verify_answer *answer, struct slice *why);
/* `before` and `after` are null where nothing was predicted. */
void answers_differ(struct arena *arena, const struct verify_compared *compared,
                    const struct outcome *before, const struct outcome *after,
                    struct verify_result *result);
/* "answered 200", "the connection was closed without an answer" */
struct slice answer_text(struct arena *arena, const struct verify_answer *answer);
/* Values of a header that came several times are joined. */
struct slice answer_header(struct arena *arena, const struct verify_answer *answer,
                           struct slice name);
/* The share of a backend by its name: what an echo tells fits it. */
bool echo_is(const struct verify_echo *echo, const struct outcome_backend *backend);

#endif
