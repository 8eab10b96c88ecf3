#include "verify/verify_priv.h"

#include <curl/curl.h>

/* One request, to both sides at a time. */
struct exchange {
    struct arena *scratch; /* what the library is told */
    struct transfer transfers[2];
    struct verify_item *item;
    unsigned open;
};
struct asking {
    struct run *run;
    struct verify_items *items;
    const struct verify_options *options;
    CURLM *multi;
    struct exchange *exchanges; /* options->concurrency of them */
    size_t next, open, answered;
    uint64_t begun, sent; /* when the first was sent, moved by what came late; how many were */
    bool refused;
};

enum { POLL_MS = 100 };

const char *verify_fault_words(enum verify_fault fault)
{
    static const char *const words[] = {
#define X(id, name, text) text,
        VERIFY_FAULT_LIST(X)
#undef X
    };
    return words[fault];
}

/* ---- one exchange ------------------------------------------------------------------------------- */

static void close_side(struct asking *asking, struct exchange *exchange, size_t side)
{
    struct transfer *transfer = &exchange->transfers[side];
    if (transfer->easy) {
        /* it may not have come as far as the multi handle */
        CURLMcode gone = curl_multi_remove_handle(asking->multi, transfer->easy);
        (void)gone;
    }
    transfer_close(transfer);
}

static struct exchange *free_exchange(struct asking *asking)
{
    for (unsigned i = 0; i < asking->options->concurrency; i++) {
        if (!asking->exchanges[i].open) {
            return &asking->exchanges[i];
        }
    }
    return NULL;
}

static void send_exchange(struct asking *asking, struct exchange *exchange,
                          struct verify_item *item)
{
    exchange->item = item;
    arena_clear(exchange->scratch);
    for (size_t side = 0; side < 2 && !asking->refused; side++) {
        struct transfer *transfer = &exchange->transfers[side];
        if (transfer_open(transfer, exchange->scratch, item, side, asking->options,
                          &item->answer[side]) &&
            curl_multi_add_handle(asking->multi, transfer->easy) == CURLM_OK) {
            exchange->open++;
            asking->open++;
        } else {
            close_side(asking, exchange, side);
            asking->refused = true;
        }
    }
    asking->sent++;
}

/* What could not be sent in time, because servers were slow, is not made up for: only so much as a wait may be late. */
static bool is_due(struct asking *asking)
{
    uint64_t rate = asking->options->rate;
    uint64_t passed = asking->options->now(asking->options->user) - asking->begun;
    if (!rate) {
        return true;
    }
    uint64_t planned = asking->sent * 1000 / rate;
    if (passed > planned + POLL_MS) {
        asking->begun += passed - planned - POLL_MS;
        passed = planned + POLL_MS;
    }
    return asking->sent * 1000 <= passed * rate;
}

/* As many as may be under way, and as the rate permits. */
static void send_more(struct asking *asking)
{
    while (asking->next < asking->items->count && !asking->refused) {
        struct verify_item *item = &asking->items->items[asking->next];
        if (!item->skipped.ptr) {
            item->skipped = request_refusal(asking->run->arena, asking->options, item);
        }
        struct exchange *exchange = item->skipped.ptr ? NULL : free_exchange(asking);
        if (!item->skipped.ptr && (!exchange || !is_due(asking))) {
            return;
        }
        if (exchange) {
            send_exchange(asking, exchange, item);
        } else {
            asking->answered++;
        }
        asking->next++;
    }
}

static void take_answers(struct asking *asking)
{
    const CURLMsg *message;
    int left = 0;
    while ((message = curl_multi_info_read(asking->multi, &left)) != NULL) {
        char *user = NULL;
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user) != CURLE_OK) {
            continue;
        }
        struct transfer *transfer = (struct transfer *)(void *)user;
        for (unsigned i = 0; i < asking->options->concurrency; i++) {
            struct exchange *exchange = &asking->exchanges[i];
            size_t side = transfer == &exchange->transfers[1];
            if (transfer == &exchange->transfers[side] && transfer->easy) {
                transfer_end(asking->run, transfer, (int)message->data.result);
                close_side(asking, exchange, side);
                exchange->open--;
                asking->open--;
                asking->answered += !exchange->open;
                break;
            }
        }
    }
}

/* ---- all of them -------------------------------------------------------------------------- */

/* What is not known when it ends is not asked: an answer of one side alone says nothing. */
static void give_up(struct asking *asking)
{
    for (unsigned i = 0; i < asking->options->concurrency; i++) {
        struct exchange *exchange = &asking->exchanges[i];
        for (size_t side = 0; side < 2; side++) {
            close_side(asking, exchange, side);
        }
    }
    for (size_t i = 0; i < asking->items->count; i++) {
        struct verify_item *item = &asking->items->items[i];
        if (!item->skipped.ptr && !(item->answer[0].asked && item->answer[1].asked)) {
            item->skipped = SLICE("the run was ended before");
        }
    }
}

static bool ask_all(struct asking *asking)
{
    const struct verify_options *options = asking->options;
    asking->begun = options->now(options->user);
    while ((asking->next < asking->items->count || asking->open) &&
           !options->stopped(options->user)) {
        int running = 0;
        if (curl_multi_perform(asking->multi, &running) != CURLM_OK) {
            return false;
        }
        take_answers(asking);
        send_more(asking);
        if (asking->refused) {
            return false;
        }
        if (options->progress) {
            options->progress(options->user, asking->answered, asking->items->count);
        }
        bool wait = asking->open || asking->next < asking->items->count;
        int most = options->rate && options->rate > 1000 / POLL_MS ? (int)(1000 / options->rate) + 1
                                                                   : POLL_MS;
        if (wait && curl_multi_poll(asking->multi, NULL, 0, most, NULL) != CURLM_OK) {
            return false;
        }
    }
    return true;
}

bool verify_ask(struct run *run, struct verify_items *items, const struct verify_options *options,
                struct slice *error)
{
    struct asking asking = {.run = run, .items = items, .options = options};
    asking.exchanges = ARENA_ARRAY(run->arena, struct exchange, options->concurrency);
    for (unsigned i = 0; i < options->concurrency; i++) {
        asking.exchanges[i].scratch = arena_open_like(run->arena);
    }
    bool fine = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    asking.multi = fine ? curl_multi_init() : NULL;
    fine = asking.multi &&
           curl_multi_setopt(asking.multi, CURLMOPT_MAXCONNECTS, (long)options->concurrency * 4) ==
               CURLM_OK &&
           ask_all(&asking);
    if (asking.multi) {
        give_up(&asking);
        (void)curl_multi_cleanup(asking.multi);
    }
    curl_global_cleanup();
    for (unsigned i = 0; i < options->concurrency; i++) {
        arena_close(asking.exchanges[i].scratch);
    }
    *error = fine ? SLICE_ABSENT
                  : SLICE("libcurl refuses what the options ask for; is '--proxy' a URL, and can "
                          "the files of '--cacert', '--cert' and '--key' be read?");
    return fine;
}
