#include "diag/diag.h"

#include <string.h>

enum { WORD_MAX_LENGTH = 64 };

/* Edits that turn one word into the other, case ignored; `worst` or more counts as far away. */
static size_t distance(struct slice a, struct slice b)
{
    size_t row[WORD_MAX_LENGTH + 1];
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 0; i < a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.len; j++) {
            bool same = slice_equal_fold(slice_sub(a, i, i + 1), slice_sub(b, j, j + 1));
            size_t change = diagonal + (same ? 0 : 1);
            size_t best = row[j] + 1 < row[j + 1] + 1 ? row[j] + 1 : row[j + 1] + 1;
            diagonal = row[j + 1];
            row[j + 1] = best < change ? best : change;
        }
    }
    return row[b.len];
}

const char *diag_closest(struct slice word, const char *const *names, size_t count)
{
    const char *closest = NULL;
    size_t least = word.len / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        struct slice name = slice_of(names[i]);
        if (word.len == 0 || word.len > WORD_MAX_LENGTH || name.len > WORD_MAX_LENGTH) {
            continue;
        }
        size_t edits = distance(word, name);
        if (edits <= least && (!closest || edits < least)) {
            closest = names[i];
            least = edits;
        }
    }
    return closest;
}
