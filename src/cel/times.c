/* Durations as Go's time.ParseDuration reads them, timestamps as RFC 3339 writes them. */
#include "cel/cel_priv.h"

enum { NANOSECONDS = 1000000000, DAY = 86400 };

/* ---- durations ---------------------------------------------------------------------------- */

static const struct duration_unit {
    const char *name;
    int64_t nanoseconds;
} units[] = {{"ns", 1},       {"us", 1000},       {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000},
             {"ms", 1000000}, {"s", NANOSECONDS}, {"m", 60000000000},  {"h", 3600000000000}};

static bool is_digit(struct slice text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

/* The unit at the begin of `text`: up to the next digit or point. */
static const struct duration_unit *unit_find(struct slice text, size_t at, size_t *end)
{
    for (*end = at; *end < text.len && !is_digit(text, *end) && text.ptr[*end] != '.';) {
        (*end)++;
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (slice_is(slice_sub(text, at, *end), units[i].name)) {
            return &units[i];
        }
    }
    return NULL;
}

/* A number with a unit, such as 1.5h; what is smaller than a nanosecond is dropped. */
static bool duration_part(struct slice text, size_t *at, uint64_t *out)
{
    uint64_t whole = 0, fraction = 0, scale = 1;
    size_t start = *at, digits = 0;
    for (; is_digit(text, *at); (*at)++, digits++) {
        if (whole > (UINT64_MAX >> 1) / 10) {
            return false;
        }
        whole = whole * 10 + (uint64_t)(text.ptr[*at] - '0');
    }
    if (*at < text.len && text.ptr[*at] == '.') {
        for ((*at)++; is_digit(text, *at); (*at)++, digits++) {
            if (scale < 1000000000000000u) {
                fraction = fraction * 10 + (uint64_t)(text.ptr[*at] - '0');
                scale *= 10;
            }
        }
    }
    const struct duration_unit *unit = unit_find(text, *at, at);
    if (!digits || start == *at || !unit) {
        return false;
    }
    uint64_t size = (uint64_t)unit->nanoseconds, extra;
    extra = (uint64_t)((double)fraction * ((double)size / (double)scale));
    return !__builtin_mul_overflow(whole, size, &whole) &&
           !__builtin_add_overflow(whole, extra, out);
}

bool duration_parse(struct slice text, int64_t *out)
{
    size_t at = 0;
    uint64_t sum = 0;
    bool negative = text.len > 0 && text.ptr[0] == '-';
    at += text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+') ? 1 : 0;
    if (slice_is(slice_sub(text, at, text.len), "0")) {
        *out = 0;
        return true;
    }
    if (at == text.len) {
        return false;
    }
    while (at < text.len) {
        uint64_t part;
        if (!duration_part(text, &at, &part) || __builtin_add_overflow(sum, part, &sum)) {
            return false;
        }
    }
    if (sum > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return false;
    }
    *out = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

/* Seconds as a double of 64 bits, which loses the last nanoseconds of long durations: "1.5s". */
struct slice duration_text(struct arena *arena, int64_t nanoseconds)
{
    int64_t whole = nanoseconds / NANOSECONDS, rest = nanoseconds % NANOSECONDS;
    double seconds = (double)whole + (double)rest / (double)NANOSECONDS;
    return arena_printf(arena, SLICE_FMT "s", SLICE_ARG(double_plain(arena, seconds)));
}

/* ---- timestamps --------------------------------------------------------------------------- */

struct date {
    int64_t year;
    unsigned month, day; /* from 1 */
};

/* Days since 1970-01-01 in the Gregorian calendar, whose pattern repeats after 400 years; a year begins
 * in March here, so that the leap day is its last. */
static int64_t days_of(const struct date *date)
{
    int64_t year = date->year - (date->month <= 2 ? 1 : 0);
    int64_t era = (year >= 0 ? year : year - 399) / 400, in_era = year - era * 400;
    int64_t month = date->month > 2 ? date->month - 3 : date->month + 9;
    int64_t day = (153 * month + 2) / 5 + date->day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + day - 719468;
}

static struct date date_of(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, in_era = days - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t day = in_era - (365 * year + year / 4 - year / 100), month = (5 * day + 2) / 153;
    struct date date = {.day = (unsigned)(day - (153 * month + 2) / 5 + 1),
                        .month = (unsigned)(month < 10 ? month + 3 : month - 9)};
    date.year = year + era * 400 + (date.month <= 2 ? 1 : 0);
    return date;
}

static unsigned month_days(const struct date *date)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);
    return days[date->month - 1] + (date->month == 2 && leap ? 1u : 0u);
}

bool instant_valid(const struct instant *time)
{
    return time->seconds >= -62135596800 && time->seconds <= 253402300799;
}

/* `digits` digits at *at, then the byte `after`, if it is not 0. */
static bool fixed_number(struct slice text, size_t *at, size_t digits, char after, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < digits; i++, (*at)++) {
        if (!is_digit(text, *at)) {
            return false;
        }
        *out = *out * 10 + (unsigned)(text.ptr[*at] - '0');
    }
    return !after || (*at < text.len && text.ptr[(*at)++] == after);
}

/* "UTC", "Z", "+02:00" or "02:00", in seconds; the whole text. */
static bool zone_offset(struct slice text, int64_t *out)
{
    unsigned hours, minutes;
    size_t at = text.len && (text.ptr[0] == '+' || text.ptr[0] == '-') ? 1 : 0;
    *out = 0;
    if (slice_is(text, "Z") || slice_is(text, "UTC") || text.len == 0) {
        return text.len > 0;
    }
    if (!fixed_number(text, &at, 2, ':', &hours) || !fixed_number(text, &at, 2, 0, &minutes) ||
        at != text.len || hours > 23 || minutes > 59) {
        return false;
    }
    int64_t offset = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    *out = text.ptr[0] == '-' ? -offset : offset;
    return true;
}

static bool read_fraction(struct slice text, size_t *at, int64_t *nanoseconds)
{
    *nanoseconds = 0;
    if (*at >= text.len || text.ptr[*at] != '.') {
        return true;
    }
    int64_t scale = NANOSECONDS / 10;
    size_t start = ++*at;
    for (; is_digit(text, *at); (*at)++, scale /= 10) {
        *nanoseconds += (text.ptr[*at] - '0') * scale;
    }
    return *at > start;
}

/* Go's time.Parse takes an hour of one digit. */
bool instant_parse(struct slice text, struct instant *out)
{
    unsigned year, month, day, hour, minute, second;
    size_t at = 0;
    if (!fixed_number(text, &at, 4, '-', &year) || !fixed_number(text, &at, 2, '-', &month) ||
        !fixed_number(text, &at, 2, 'T', &day) ||
        !fixed_number(text, &at, is_digit(text, at + 1) ? 2 : 1, ':', &hour) ||
        !fixed_number(text, &at, 2, ':', &minute) || !fixed_number(text, &at, 2, 0, &second) ||
        !read_fraction(text, &at, &out->nanoseconds) || at >= text.len || is_digit(text, at) ||
        text.ptr[at] == 'U' || !zone_offset(slice_sub(text, at, text.len), &out->offset) ||
        month < 1 || month > 12) {
        return false;
    }
    struct date date = {year, month, day};
    if (day < 1 || day > month_days(&date) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    out->seconds =
        days_of(&date) * DAY + (int64_t)hour * 3600 + (int64_t)minute * 60 + second - out->offset;
    return instant_valid(out);
}

/* In the zone it was written in. */
struct slice instant_text(struct arena *arena, const struct instant *time)
{
    int64_t local = time->seconds + time->offset;
    int64_t days = local / DAY - (local % DAY < 0 ? 1 : 0);
    unsigned rest = (unsigned)(local - days * DAY), digits = 9;
    unsigned fraction = (unsigned)time->nanoseconds;
    unsigned zone = (unsigned)(time->offset < 0 ? -time->offset : time->offset) / 60;
    struct date date = date_of(days);
    struct slice text = arena_printf(arena, "%04lld-%02u-%02uT%02u:%02u:%02u", (long long)date.year,
                                     date.month, date.day, rest / 3600, rest / 60 % 60, rest % 60);
    for (; fraction && fraction % 10 == 0; digits--) {
        fraction /= 10;
    }
    if (fraction) {
        text = arena_printf(arena, SLICE_FMT ".%0*u", SLICE_ARG(text), (int)digits, fraction);
    }
    return zone ? arena_printf(arena, SLICE_FMT "%c%02u:%02u", SLICE_ARG(text),
                               time->offset < 0 ? '-' : '+', zone / 60, zone % 60)
                : arena_printf(arena, SLICE_FMT "Z", SLICE_ARG(text));
}

/* ---- functions ---------------------------------------------------------------------------- */

static struct value call_duration(struct evaluation *e, const struct value *args, size_t count)
{
    struct value out = {.kind = VALUE_DURATION};
    if (args[0].kind == VALUE_DURATION) {
        return args[0];
    }
    if (args[0].kind != VALUE_STRING) {
        return no_overload(e, "duration", args, count);
    }
    return duration_parse(args[0].text, &out.integer)
               ? out
               : error_value(e, "'" SLICE_FMT "' is not a duration", SLICE_ARG(args[0].text));
}

static struct value call_timestamp(struct evaluation *e, const struct value *args, size_t count)
{
    struct value out = {.kind = VALUE_TIMESTAMP};
    if (args[0].kind == VALUE_TIMESTAMP) {
        return args[0];
    }
    if (args[0].kind == VALUE_INT) {
        out.time.seconds = args[0].integer;
        return instant_valid(&out.time) ? out : error_value(e, "a timestamp is out of range");
    }
    if (args[0].kind != VALUE_STRING) {
        return no_overload(e, "timestamp", args, count);
    }
    return instant_parse(args[0].text, &out.time)
               ? out
               : error_value(e, "'" SLICE_FMT "' is not a timestamp", SLICE_ARG(args[0].text));
}

enum part {
    HOURS,
    MINUTES,
    SECONDS,
    MILLISECONDS,
    YEAR,
    MONTH,
    DAY_OF_MONTH,
    DATE,
    WEEKDAY,
    DAY_OF_YEAR
};

/* Of a timestamp; numbers of months, days of the month and of the year begin at 0, getDate() at 1. */
static int64_t time_part(enum part part, int64_t seconds, int64_t nanoseconds)
{
    int64_t days = seconds / DAY - (seconds % DAY < 0 ? 1 : 0), rest = seconds - days * DAY;
    struct date date = date_of(days);
    switch (part) {
    case HOURS:
        return rest / 3600;
    case MINUTES:
        return rest / 60 % 60;
    case SECONDS:
        return rest % 60;
    case MILLISECONDS:
        return nanoseconds / 1000000;
    case YEAR:
        return date.year;
    case MONTH:
        return date.month - 1;
    case DAY_OF_MONTH:
        return date.day - 1;
    case DATE:
        return date.day;
    case WEEKDAY:
        return ((days + 4) % 7 + 7) % 7;
    case DAY_OF_YEAR:
        break;
    }
    return days - days_of(&(struct date){date.year, 1, 1});
}

static struct value get_part(struct evaluation *e, const char *name, const struct value *args,
                             size_t count, enum part part)
{
    static const int64_t sizes[] = {3600000000000, 60000000000, NANOSECONDS, 1000000};
    if (args[0].kind == VALUE_DURATION && count == 1 && part <= MILLISECONDS) {
        return value_int(args[0].integer / sizes[part]);
    }
    int64_t offset = 0;
    if (args[0].kind != VALUE_TIMESTAMP || (count == 2 && args[1].kind != VALUE_STRING)) {
        return no_overload(e, name, args, count);
    }
    if (count == 2 && !zone_offset(args[1].text, &offset)) {
        return value_unknown(e, SLICE("names of time zones are not known here"));
    }
    return value_int(time_part(part, args[0].time.seconds + offset, args[0].time.nanoseconds));
}

/* X(function, part, name) */
#define PART_LIST(X)                                                                               \
    X(call_hours, HOURS, "getHours")                                                               \
    X(call_minutes, MINUTES, "getMinutes")                                                         \
    X(call_seconds, SECONDS, "getSeconds")                                                         \
    X(call_milliseconds, MILLISECONDS, "getMilliseconds")                                          \
    X(call_year, YEAR, "getFullYear")                                                              \
    X(call_month, MONTH, "getMonth")                                                               \
    X(call_day_of_month, DAY_OF_MONTH, "getDayOfMonth")                                            \
    X(call_date, DATE, "getDate")                                                                  \
    X(call_weekday, WEEKDAY, "getDayOfWeek")                                                       \
    X(call_day_of_year, DAY_OF_YEAR, "getDayOfYear")

#define X(function, part, name)                                                                    \
    static struct value function(struct evaluation *e, const struct value *args, size_t count)     \
    {                                                                                              \
        return get_part(e, name, args, count, part);                                               \
    }
PART_LIST(X)
#undef X

const struct function_row *time_functions(void)
{
    static const struct function_row rows[] = {
        {"duration", false, 1, 1, call_duration},
        {"timestamp", false, 1, 1, call_timestamp},
#define X(function, part, name) {name, true, 1, 2, function},
        PART_LIST(X)
#undef X
            {NULL, false, 0, 0, NULL},
    };
    return rows;
}
