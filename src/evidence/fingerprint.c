#include "evidence/evidence.h"

static uint64_t add_text(uint64_t sum, struct slice text)
{
    /* an end, so that "a", "bc" is not "ab", "c" */
    return slice_hash_written((struct slice){"", 1}, slice_hash_written(text, sum));
}

static void put_backends(struct buf *out, const struct backend *backends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, " " SLICE_FMT "/" SLICE_FMT ":%u*%llu %lld",
                   SLICE_ARG(backends[i].namespace), SLICE_ARG(backends[i].service),
                   backends[i].port, (unsigned long long)backends[i].weight,
                   (long long)backends[i].status);
    }
}

static void put_effects(struct buf *out, const struct effects *effects)
{
    for (int id = 0; id < EFFECT_COUNT; id++) {
        const void *effect = effect_get(effects, (enum effect_id)id);
        if (effect) {
            buf_printf(out, " %s ", effect_row((enum effect_id)id)->name);
            effect_print((enum effect_id)id, effect, out);
        }
    }
}

static uint64_t add_rules(uint64_t sum, const struct rule_list *list, struct buf *text)
{
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct rule *rule = &list->rules[i];
            buf_clear(text);
            match_print(&rule->match, text);
            put_backends(text, rule->backends, rule->backend_count);
            put_effects(text, &rule->effects);
            sum = add_text(sum, rule->origin.name);
            sum = add_text(sum, buf_slice(text));
        }
    }
    return sum;
}

static uint64_t add_table(uint64_t sum, const struct route_table *table, struct buf *text)
{
    sum = add_text(sum, table->label);
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        buf_clear(text);
        buf_printf(text, SLICE_FMT " %d %d %u " SLICE_FMT " %d", SLICE_ARG(entry->gateway),
                   entry->transport, entry->https, entry->port, SLICE_ARG(entry->host.name),
                   entry->kind);
        put_backends(text, entry->tunnel, entry->tunnel_count);
        sum = add_text(sum, buf_slice(text));
        /* Entries for http and https of a host share their rules. */
        bool shared = i > 0 && table->entries[i - 1].rules == entry->rules;
        sum = shared ? sum : add_rules(sum, entry->rules, text);
    }
    buf_clear(text);
    put_effects(text, &table->platform);
    return add_text(sum, buf_slice(text));
}

struct slice evidence_fingerprint(struct arena *arena, const struct route_table *before,
                                  const struct route_table *after)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    uint64_t sum = add_table(HASH_FIRST, before, &text);
    sum = add_table(sum, after, &text);
    buf_release(&text);
    return arena_printf(arena, "%016llx", (unsigned long long)sum);
}
