#include "compare/compare_priv.h"

enum { SAMPLE_DEPTH = 16, SAMPLE_REPEAT = 4, SAMPLE_LENGTH = 512 };

struct sampler {
    const struct sample_choice *choice;
    struct buf *out;
    unsigned depth;
    bool ended; /* a "$" was passed: nothing can follow */
};

static bool sample(struct sampler *sampler, struct slice pattern);

/* Position after the bracket expression that begins at `at`. */
static size_t class_end(struct slice s, size_t at)
{
    at++;
    if (at < s.len && s.ptr[at] == '^') {
        at++;
    }
    if (at < s.len && s.ptr[at] == ']') {
        at++;
    }
    while (at < s.len && s.ptr[at] != ']') {
        at += s.ptr[at] == '\\' ? 2 : 1;
    }
    return at < s.len ? at + 1 : s.len;
}

/* Position after the group that begins at `at`. */
static size_t group_end(struct slice s, size_t at)
{
    size_t open = 0;
    while (at < s.len) {
        switch (s.ptr[at]) {
        case '\\':
            at += 2;
            continue;
        case '[':
            at = class_end(s, at);
            continue;
        case '(':
            open++;
            break;
        case ')':
            if (--open == 0) {
                return at + 1;
            }
            break;
        default:
            break;
        }
        at++;
    }
    return s.len;
}

/* Position of the next "|" outside groups and brackets, or the end. */
static size_t branch_end(struct slice s, size_t at)
{
    while (at < s.len && s.ptr[at] != '|') {
        if (s.ptr[at] == '\\') {
            at += 2;
        } else if (s.ptr[at] == '[') {
            at = class_end(s, at);
        } else if (s.ptr[at] == '(') {
            at = group_end(s, at);
        } else {
            at++;
        }
    }
    return at < s.len ? at : s.len;
}

static char escape_member(char letter)
{
    switch (letter) {
    case 'd':
        return '0';
    case 'w':
    case 'S':
    case 'D':
        return 'x';
    case 'W':
        return '-';
    default:
        return letter;
    }
}

static bool class_has(struct slice members, char c)
{
    for (size_t i = 0; i < members.len; i++) {
        char m = members.ptr[i];
        if (m == '\\' && i + 1 < members.len) {
            char letter = members.ptr[++i];
            bool digit = c >= '0' && c <= '9', word = digit || (c >= 'a' && c <= 'z');
            if ((letter == 'd' && digit) || (letter == 'w' && word) || letter == c) {
                return true;
            }
        } else if (i + 2 < members.len && members.ptr[i + 1] == '-') {
            if (c >= m && c <= members.ptr[i + 2]) {
                return true;
            }
            i += 2;
        } else if (m == c) {
            return true;
        }
    }
    return false;
}

/* One character that the bracket expression takes: a letter where it can, as people write paths. */
static bool class_member(struct slice members, char *out)
{
    static const char candidates[] =
        "xabcdefghijklmnopqrstuvwyz0123456789-_.~/XABCDEFGHIJKLMNOPQRSTUVWYZ";
    bool negated = members.len && members.ptr[0] == '^';
    if (negated) {
        members = slice_sub(members, 1, members.len);
    }
    for (const char *c = candidates; *c; c++) {
        if (class_has(members, *c) != negated) {
            *out = *c;
            return true;
        }
    }
    return false;
}

/* Reads "*", "+", "?", "{2,3}" and what makes them lazy; returns how often to repeat. */
static unsigned repetitions(struct slice s, size_t *at, unsigned extra)
{
    uint64_t least = 1, most = 1;
    char c = *at < s.len ? s.ptr[*at] : '\0';
    if (c == '*' || c == '?' || c == '+') {
        least = c == '+' ? 1 : 0;
        most = c == '?' ? 1 : SAMPLE_REPEAT;
        ++*at;
    } else if (c == '{') {
        size_t end = slice_find(s, '}', *at);
        struct slice range = slice_sub(s, *at + 1, end), low;
        if (end < s.len && slice_split(&range, ',', &low) &&
            slice_to_uint(low, SAMPLE_LENGTH, &least)) {
            most = range.ptr ? least + 1 : least;
            *at = end + 1;
        } else {
            least = 1;
        }
    } else {
        return 1;
    }
    if (*at < s.len && (s.ptr[*at] == '?' || s.ptr[*at] == '+')) {
        ++*at;
    }
    return (unsigned)(least + extra > most ? most : least + extra);
}

/* "(?:", "(?i)", "(?<name>" and the like: where the content begins. False for what has none. */
static bool group_content(struct slice *content)
{
    if (!slice_starts(*content, SLICE("?"))) {
        return true;
    }
    size_t colon = slice_find(*content, ':', 0), angle = slice_find(*content, '>', 0);
    if (content->len > 2 && (content->ptr[1] == '<' || content->ptr[1] == 'P') && angle < colon &&
        content->ptr[2] != '=' && content->ptr[2] != '!') {
        *content = slice_sub(*content, angle + 1, content->len);
        return true;
    }
    bool flags = colon < content->len;
    for (size_t i = 1; flags && i < colon; i++) {
        flags = content->ptr[i] == 'i' || content->ptr[i] == 's' || content->ptr[i] == '-';
    }
    *content = flags ? slice_sub(*content, colon + 1, content->len) : SLICE("");
    return flags;
}

static bool put_atom(struct sampler *sampler, struct slice atom)
{
    char c = atom.ptr[0];
    if (c == '(') {
        struct slice content = slice_sub(atom, 1, atom.len - 1);
        return !group_content(&content) || sample(sampler, content);
    }
    if (c == '[') {
        return atom.len > 2 && class_member(slice_sub(atom, 1, atom.len - 1), &c) &&
               (buf_putc(sampler->out, c), true);
    }
    if (c == '\\') {
        char letter = atom.len > 1 ? atom.ptr[1] : '\\';
        bool place = letter == 'A' || letter == 'z' || letter == 'Z' || letter == 'b';
        if (letter >= '1' && letter <= '9') {
            return false;
        }
        if (!place) {
            buf_putc(sampler->out, escape_member(letter));
        }
        return true;
    }
    if (c == '$') {
        sampler->ended = true;
    } else if (c != '^') {
        buf_putc(sampler->out, c == '.' ? 'x' : c);
    }
    return true;
}

static bool put_branch(struct sampler *sampler, struct slice branch)
{
    for (size_t at = 0; at < branch.len;) {
        size_t end = at + 1;
        if (branch.ptr[at] == '(') {
            end = group_end(branch, at);
        } else if (branch.ptr[at] == '[') {
            end = class_end(branch, at);
        } else if (branch.ptr[at] == '\\') {
            end = at + 2;
        }
        struct slice atom = slice_sub(branch, at, end);
        at = end > branch.len ? branch.len : end;
        unsigned count = repetitions(branch, &at, sampler->choice->extra);
        for (unsigned i = 0; i < count && !sampler->ended; i++) {
            if (sampler->out->len > SAMPLE_LENGTH || !put_atom(sampler, atom)) {
                return false;
            }
        }
    }
    return true;
}

static bool sample(struct sampler *sampler, struct slice pattern)
{
    if (sampler->depth >= SAMPLE_DEPTH) {
        return false;
    }
    size_t count = 1;
    for (size_t at = branch_end(pattern, 0); at < pattern.len; at = branch_end(pattern, at + 1)) {
        count++;
    }
    size_t wanted = sampler->choice->alternative % count, start = 0;
    for (size_t i = 0; i < wanted; i++) {
        start = branch_end(pattern, start) + 1;
    }
    sampler->depth++;
    bool good = put_branch(sampler, slice_sub(pattern, start, branch_end(pattern, start)));
    sampler->depth--;
    return good;
}

bool sample_regex(struct slice pattern, const struct sample_choice *choice, struct buf *out)
{
    struct sampler sampler = {.choice = choice, .out = out};
    return sample(&sampler, pattern) && !out->failed;
}
