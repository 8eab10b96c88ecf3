#include "accept/accept.h"

struct reading {
    struct run *run;
    struct slice today;
    struct acceptances *out;
};

/* ---- values ------------------------------------------------------------------------------- */

static bool is_id(struct slice text)
{
    bool fine = slice_starts(text, SLICE("d-")) && text.len > 2;
    for (size_t i = 2; i < text.len; i++) {
        char c = text.ptr[i];
        fine = fine && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }
    return fine;
}

static unsigned days_of(uint64_t year, uint64_t month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* ISO 8601, YYYY-MM-DD: in this form days sort as texts do. */
static bool is_day(struct slice text)
{
    uint64_t year, month, day;
    return text.len == 10 && text.ptr[4] == '-' && text.ptr[7] == '-' &&
           slice_to_uint(slice_sub(text, 0, 4), 9999, &year) &&
           slice_to_uint(slice_sub(text, 5, 7), 12, &month) && month > 0 &&
           slice_to_uint(slice_sub(text, 8, 10), 31, &day) && day > 0 &&
           day <= days_of(year, month);
}

/* The text of a key, absent with a diagnostic when it is not there, no text, or empty. */
static struct slice take_text(struct run *run, const struct node *item, const char *key,
                              const char *what)
{
    const struct node *value = node_get(item, key);
    if (value && (value->kind == NODE_LIST || value->kind == NODE_MAP)) {
        diag_at(run->diag, DIAG_D001, value->span, SLICE_ABSENT, "'%s' must be a text, not %s", key,
                node_kind_name(value->kind));
        return SLICE_ABSENT;
    }
    struct slice text = value ? slice_trim(value->text) : SLICE_ABSENT;
    if (!text.len) {
        diag_at(run->diag, DIAG_D003, value ? value->span : item->span, SLICE_ABSENT,
                "'%s' is %s: %s", key, value ? "empty" : "missing", what);
        return SLICE_ABSENT;
    }
    return text;
}

/* ---- one acceptance ----------------------------------------------------------------------- */

static bool check_keys(struct run *run, const struct node *map, const char *const *keys,
                       size_t count, const char *what)
{
    bool fine = true;
    for (size_t i = 0; i < map->count; i++) {
        const struct pair *pair = &map->pairs[i];
        if (slice_is_one_of(pair->key, keys, count)) {
            continue;
        }
        const char *close = diag_closest(pair->key, keys, count);
        diag_at(run->diag, DIAG_D002, pair->span, SLICE_ABSENT,
                "'" SLICE_FMT "' is no key of %s%s%s%s", SLICE_ARG(pair->key), what,
                close ? "; did you mean '" : "", close ? close : "", close ? "'?" : "");
        fine = false;
    }
    return fine;
}

static bool check_id(struct run *run, const struct node *item, struct slice id,
                     const struct acceptances *known)
{
    struct span span = node_get(item, "id")->span;
    if (!is_id(id)) {
        diag_at(run->diag, DIAG_D004, span, SLICE_ABSENT,
                "'id' must be the id of a finding, such as d-1f3a9c0b52, not '" SLICE_FMT "'",
                SLICE_ARG(id));
        return false;
    }
    const struct acceptance *first = accept_find(known, id);
    if (first) {
        diag_at(run->diag, DIAG_D005, span, SLICE_ABSENT,
                SLICE_FMT " is accepted twice, first in line %u; keep one of them", SLICE_ARG(id),
                first->span.line);
        return false;
    }
    return true;
}

static bool check_expiry(struct run *run, const struct node *item, struct slice expires)
{
    if (slice_is(expires, "never") || is_day(expires)) {
        return true;
    }
    diag_at(run->diag, DIAG_D004, node_get(item, "expires")->span, SLICE_ABSENT,
            "'expires' must be a day such as 2027-01-31, or never, not '" SLICE_FMT "'",
            SLICE_ARG(expires));
    return false;
}

static void read_item(const struct reading *reading, const struct node *item)
{
    static const char *const keys[] = {"id", "reason", "expires"};
    struct run *run = reading->run;
    struct acceptances *out = reading->out;
    if (item->kind != NODE_MAP) {
        diag_at(run->diag, DIAG_D001, item->span, SLICE_ABSENT,
                "each item of 'accepted' must be a mapping with id, reason and expires, not %s",
                node_kind_name(item->kind));
        return;
    }
    bool fine = check_keys(run, item, keys, ARRAY_LEN(keys), "an accepted finding");
    struct slice id = take_text(run, item, "id", "name the finding, as diff prints it");
    struct slice reason = take_text(run, item, "reason", "say why the team accepts this");
    struct slice expires =
        take_text(run, item, "expires", "say until when, as YYYY-MM-DD, or never");
    fine = id.len && check_id(run, item, id, out) && fine;
    fine = expires.len && check_expiry(run, item, expires) && fine;
    if (fine && reason.len) {
        const struct acceptance read = {.id = id,
                                        .reason = reason,
                                        .expires = expires,
                                        .expired = !slice_is(expires, "never") &&
                                                   slice_compare(expires, reading->today) < 0,
                                        .span = node_get(item, "id")->span};
        (void)accept_add(run, out, &read); /* check_id has looked for it */
    }
}

/* ---- files -------------------------------------------------------------------------------- */

static void read_root(const struct reading *reading, const struct node *root)
{
    static const char *const keys[] = {"accepted"};
    struct run *run = reading->run;
    if (root->kind != NODE_MAP) {
        diag_at(run->diag, DIAG_D001, root->span, SLICE_ABSENT,
                "a file of accepted findings is a mapping with the list 'accepted', not %s",
                node_kind_name(root->kind));
        return;
    }
    (void)check_keys(run, root, keys, ARRAY_LEN(keys), "a file of accepted findings");
    const struct node *list = node_get(root, "accepted");
    if (list && list->kind != NODE_LIST) {
        diag_at(run->diag, DIAG_D001, list->span, SLICE_ABSENT, "'accepted' must be a list, not %s",
                node_kind_name(list->kind));
        return;
    }
    for (size_t i = 0; list && i < list->count; i++) {
        read_item(reading, list->items[i]);
    }
}

void accept_read(struct run *run, const struct input_file *file, struct slice today,
                 struct acceptances *out)
{
    const struct reading reading = {run, today, out};
    struct documents documents = {0};
    document_read(run, file, &documents);
    for (size_t i = 0; i < documents.count; i++) {
        read_root(&reading, documents.roots[i]);
    }
}

bool accept_add(struct run *run, struct acceptances *accepted, const struct acceptance *item)
{
    struct acceptance *kept = ARENA_NEW(run->arena, struct acceptance);
    *kept = *item;
    if (!accepted->by_id) {
        accepted->by_id = map_new(run->arena);
    }
    if (map_add(accepted->by_id, kept->id, kept)) {
        return false;
    }
    *ARENA_PUSH(run->arena, accepted->items, accepted->count, accepted->capacity) = kept;
    return true;
}

const struct acceptance *accept_find(const struct acceptances *accepted, struct slice id)
{
    return accepted->by_id ? map_get(accepted->by_id, id) : NULL;
}

static const struct finding *find_finding(const struct comparison *comparison, struct slice id)
{
    for (size_t i = 0; i < comparison->finding_count; i++) {
        if (slice_equal(comparison->findings[i].id, id)) {
            return &comparison->findings[i];
        }
    }
    return NULL;
}

void accept_report(struct run *run, const struct acceptances *accepted,
                   const struct comparison *comparison)
{
    for (size_t i = 0; i < accepted->count; i++) {
        const struct acceptance *item = accepted->items[i];
        const struct finding *finding = find_finding(comparison, item->id);
        if (!finding) {
            diag_at(run->diag, DIAG_D007, item->span, SLICE_ABSENT,
                    SLICE_FMT " is accepted, but is no finding any more; take it out",
                    SLICE_ARG(item->id));
        } else if (item->expired) {
            diag_at(run->diag, DIAG_D006, item->span, SLICE_ABSENT,
                    SLICE_FMT " was accepted until " SLICE_FMT
                              ", and counts again: settle it, or accept it anew",
                    SLICE_ARG(item->id), SLICE_ARG(item->expires));
        }
    }
}

/* ---- writing ------------------------------------------------------------------------------ */

void accept_write(struct run *run, const struct acceptances *accepted,
                  const struct comparison *comparison, struct buf *out)
{
    buf_puts(
        out,
        "# Differences that the team accepts, see gateshift-accept(5). Each needs a reason and a\n"
        "# last day (YYYY-MM-DD, or never); take out what is to be settled instead.\n");
    size_t start = out->len;
    buf_puts(out, "accepted:\n");
    size_t count = 0;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        const struct finding *finding = &comparison->findings[i];
        const struct acceptance *known = accept_find(accepted, finding->id);
        if (finding->platform && !known) {
            continue; /* it fails nothing */
        }
        count++;
        buf_printf(out, "# %s%s, %s: ", finding->platform ? "platform difference, " : "",
                   impact_name(finding->impact), aspect_name(finding->aspect));
        diag_put_visible(finding->title, out);
        buf_puts(out, "\n- ");
        document_write_pair(SLICE("id"), node_string(run->arena, finding->id), 0, out);
        document_write_pair(SLICE("reason"),
                            node_string(run->arena, known ? known->reason : SLICE("")), 2, out);
        document_write_pair(SLICE("expires"),
                            node_string(run->arena, known ? known->expires : SLICE("")), 2, out);
    }
    if (!count) {
        out->len = start;
        buf_puts(out, "accepted: []\n");
    }
}
