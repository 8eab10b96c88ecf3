#include "verify/verify_priv.h"

struct printing {
    struct run *run;
    const struct verify_results *results;
    const struct verify_print *style;
    struct buf *out;
};
/* Requests that have verdict and title in common. */
struct group {
    enum verify_verdict verdict;
    struct slice id, title;
    const struct verify_result **results;
    size_t count, capacity;
};

static void put(struct printing *printing, struct slice text)
{
    diag_put_visible(text, printing->out);
}

static void put_count(struct printing *printing, size_t count, const char *noun)
{
    buf_printf(printing->out, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

static void put_title(struct printing *printing, const char *title, size_t count)
{
    bool colour = printing->style->colour;
    buf_printf(printing->out, "\n%s%s%s: ", colour ? "\x1b[1m" : "", title,
               colour ? "\x1b[0m" : "");
    put_count(printing, count, "request");
    buf_putc(printing->out, '\n');
}

/* ---- groups ------------------------------------------------------------------------------- */

/* Of what was predicted the worst finding names the group; what hangs on the data planes alike on all hosts names it
 * only when there is nothing else. */
static const struct judgement *worst(const struct verify_result *result)
{
    const struct judgement *best = NULL;
    for (size_t i = 0; i < result->finding_count; i++) {
        const struct judgement *item = &result->findings[i];
        if (!best || (best->platform && !item->platform) ||
            (best->platform == item->platform && item->impact > best->impact)) {
            best = item;
        }
    }
    return best;
}

static void name_of(struct arena *arena, const struct verify_result *result, struct slice *id,
                    struct slice *title)
{
    const struct judgement *finding = result->verdict == VERIFY_IS_PREDICTED ? worst(result) : NULL;
    size_t side = result->held[0] == VERIFY_HELD_NO ? 0 : 1;
    *id = result->id;
    *title = result->title;
    if (result->verdict == VERIFY_IS_PREDICTED) {
        *id = finding ? finding->id : SLICE("");
        *title = finding ? finding->title : SLICE("by shares of traffic");
    } else if (result->verdict == VERIFY_IS_SURPRISING) {
        *id = SLICE("");
        *title = ARENA_JOIN(arena, side ? SLICE("after: ") : SLICE("before: "), result->why[side]);
    } else if (result->verdict == VERIFY_IS_SKIPPED) {
        *id = SLICE("");
        *title = result->item->skipped;
    }
}

static void print_differences(struct printing *printing, const struct verify_result *result)
{
    static const char *const sides[2] = {"before", "after"};
    struct slice none = SLICE("none");
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct verify_difference *difference = &result->differences[i];
        buf_puts(printing->out, "        ");
        put(printing, difference->field);
        buf_puts(printing->out, ": ");
        put(printing, difference->before.ptr ? difference->before : none);
        buf_puts(printing->out, " before, ");
        put(printing, difference->after.ptr ? difference->after : none);
        buf_puts(printing->out, " after\n");
    }
    for (size_t side = 0; side < 2; side++) {
        if (result->held[side] == VERIFY_HELD_NO) {
            buf_printf(printing->out, "        %s is not as predicted: ", sides[side]);
            put(printing, result->why[side]);
            buf_putc(printing->out, '\n');
        }
        if (result->item->answer[side].detail.len && result->difference_count) {
            buf_printf(printing->out, "        %s: ", sides[side]);
            put(printing, result->item->answer[side].detail);
            buf_putc(printing->out, '\n');
        }
    }
}

/* Where a side has several. */
static void print_gateways(struct printing *printing, const struct verify_item *item)
{
    static const char *const words[] = {"   before at ", "   after at "};
    for (size_t side = 0; side < 2; side++) {
        if (item->gateway[side].ptr) {
            buf_puts(printing->out, words[side]);
            put(printing, item->gateway[side]);
        }
    }
}

static void print_group(struct printing *printing, const struct group *group)
{
    size_t most = printing->style->most;
    buf_puts(printing->out, "  ");
    put(printing, group->id);
    buf_puts(printing->out, group->id.len ? " " : "");
    put(printing, group->title);
    buf_puts(printing->out, " (");
    put_count(printing, group->count, "request");
    buf_puts(printing->out, ")\n");
    for (size_t i = 0; i < group->count && (!most || i < most); i++) {
        const struct request request =
            request_public(printing->run->arena, &group->results[i]->item->request);
        buf_puts(printing->out, "      ");
        put(printing, request_line(printing->run->arena, &request));
        for (size_t h = 0; h < request.headers.count; h++) {
            buf_puts(printing->out, h ? ", " : "   with ");
            put(printing, request.headers.items[h].name);
            buf_puts(printing->out, ": ");
            put(printing, request.headers.items[h].value);
        }
        print_gateways(printing, group->results[i]->item);
        buf_putc(printing->out, '\n');
        print_differences(printing, group->results[i]);
    }
    if (most && group->count > most) {
        buf_printf(printing->out, "      ... and %zu more; --all prints them\n",
                   group->count - most);
    }
}

static void print_verdict(struct printing *printing, enum verify_verdict verdict)
{
    struct arena *arena = printing->run->arena;
    const struct verify_results *results = printing->results;
    struct map *by_title = map_new(arena);
    if (!results->verdicts[verdict]) {
        return;
    }
    put_title(printing, verify_verdict_words(verdict), results->verdicts[verdict]);
    for (size_t i = 0; i < results->count; i++) {
        struct slice id, title;
        if (results->items[i].verdict != verdict) {
            continue;
        }
        name_of(arena, &results->items[i], &id, &title);
        struct slice key = id.len ? id : title;
        struct group *group = map_get(by_title, key);
        if (!group) {
            group = ARENA_NEW(arena, struct group);
            *group = (struct group){.verdict = verdict, .id = id, .title = title};
            map_put(by_title, key, group);
        }
        *ARENA_PUSH(arena, group->results, group->count, group->capacity) = &results->items[i];
    }
    for (const struct map_entry *entry = map_first(by_title); entry; entry = map_next(entry)) {
        print_group(printing, map_value(entry));
    }
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void print_head(struct printing *printing)
{
    const struct verify_results *results = printing->results;
    struct buf *out = printing->out;
    size_t asked = results->count - results->verdicts[VERIFY_IS_SKIPPED];
    for (size_t side = 0; side < 2; side++) {
        struct slice label = side ? results->evidence.after : results->evidence.before;
        buf_puts(out, side ? "after:  " : "before: ");
        put(printing, results->address[side]);
        buf_puts(out, label.len ? ", read as " : "");
        put(printing, label);
        buf_putc(out, '\n');
    }
    put_count(printing, asked, "request");
    for (int i = 0; i < VERIFY_VERDICT_COUNT; i++) {
        if (results->verdicts[i] || i == VERIFY_IS_ALIKE) {
            buf_printf(out, "%s %zu %s",
                       i == VERIFY_IS_ALIKE     ? ":"
                       : i == VERIFY_IS_SKIPPED ? ";"
                                                : ",",
                       results->verdicts[i], verify_verdict_words((enum verify_verdict)i));
        }
    }
    buf_putc(out, '\n');
    for (size_t side = 0; side < 2; side++) {
        if (results->routes[side]) {
            buf_printf(out, "%s: %zu of %zu routes were asked for\n", side ? "after" : "before",
                       results->exercised[side], results->routes[side]);
        }
    }
    if (asked && !results->echoed) {
        buf_puts(out, "no backend tells what it got, so backends and paths behind the data planes "
                      "are not compared\n");
    }
}

/* What is alike may be a failure, and then little was compared. */
static void print_faults(struct printing *printing)
{
    const struct verify_results *results = printing->results;
    size_t counts[VERIFY_FAULT_COUNT] = {0};
    const struct verify_answer *first[VERIFY_FAULT_COUNT] = {NULL};
    for (size_t i = 0; i < results->count; i++) {
        const struct verify_answer *answer = &results->items[i].item->answer[0];
        if (results->items[i].verdict == VERIFY_IS_ALIKE) {
            counts[answer->fault]++;
            first[answer->fault] = first[answer->fault] ? first[answer->fault] : answer;
        }
    }
    for (int i = VERIFY_NONE + 1; i < VERIFY_FAULT_COUNT; i++) {
        if (counts[i]) {
            struct slice detail = first[i]->detail;
            buf_puts(printing->out, "alike on both sides, but no good answer: ");
            put_count(printing, counts[i], "request");
            buf_printf(printing->out, ", %s%s", verify_fault_words((enum verify_fault)i),
                       detail.len ? " (" : "");
            put(printing, detail);
            buf_puts(printing->out, detail.len ? ")\n" : "\n");
        }
    }
}

static void print_idle(struct printing *printing)
{
    const struct verify_results *results = printing->results;
    size_t most = printing->style->most;
    for (size_t side = 0; side < 2; side++) {
        const struct texts *idle = &results->idle[side];
        if (!idle->count) {
            continue;
        }
        buf_printf(printing->out, "\nroutes of the side %s that no request came to: %zu\n",
                   side ? "after" : "before", idle->count);
        for (size_t i = 0; i < idle->count && (!most || i < most); i++) {
            buf_puts(printing->out, "  ");
            put(printing, idle->items[i]);
            buf_putc(printing->out, '\n');
        }
        if (most && idle->count > most) {
            buf_printf(printing->out, "  ... and %zu more; --all prints them\n",
                       idle->count - most);
        }
    }
}

void verify_print_text(struct run *run, const struct verify_results *results,
                       const struct verify_print *style, struct buf *out)
{
    static const enum verify_verdict order[] = {VERIFY_IS_DIFFERENT, VERIFY_IS_SURPRISING,
                                                VERIFY_IS_PREDICTED, VERIFY_IS_SKIPPED};
    struct printing printing = {run, results, style, out};
    print_head(&printing);
    print_faults(&printing);
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        print_verdict(&printing, order[i]);
    }
    print_idle(&printing);
}
