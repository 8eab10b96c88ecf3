/* Shared by the files of this module. */
#ifndef GATESHIFT_COMPARE_PRIV_H
#define GATESHIFT_COMPARE_PRIV_H

#include "compare/compare.h"

struct requests {
    struct request *items;
    size_t count, capacity;
};

/* ---- draw.c */
/* A host that requests are sent to, and how it is called in results. */
struct probe_host {
    struct slice name;  /* "a.example.com" */
    struct slice label; /* "*.example.com", "(any other host)" */
};
struct probe_hosts {
    struct probe_host *items;
    size_t count, capacity;
};
/* Every exact name of either table, one and two labels under each wildcard, and an unknown name. */
void draw_hosts(struct run *run, const struct route_table *before, const struct route_table *after,
                struct probe_hosts *out);
/* Requests for one host and scheme: each rule of both lists hit, and near misses. */
void draw_requests(struct run *run, struct arena *scratch, const struct rule_list *before,
                   const struct rule_list *after, struct slice host, bool https,
                   struct requests *out);

/* ---- differ.c */
enum differs {
    DIFFERS_OUTCOME,
    DIFFERS_STATUS,
    DIFFERS_LOCATION,
    DIFFERS_SLASH, /* Location, by one "/" at its end only */
    DIFFERS_BACKENDS,
    DIFFERS_PATH,
    DIFFERS_HOST,
    DIFFERS_REQUEST_HEADERS,
    DIFFERS_RESPONSE_HEADERS,
    DIFFERS_CERTIFICATE, /* https only with the data plane's own certificate before, closed after */
    DIFFERS_EFFECT,      /* + enum effect_id */
    DIFFERS_COUNT = DIFFERS_EFFECT + EFFECT_COUNT
};
struct difference {
    bool fields[DIFFERS_COUNT];
    bool platform[DIFFERS_COUNT]; /* neither rule says so: the data planes differ */
    bool any;
};
const char *differs_name(size_t field);
enum aspect differs_aspect(size_t field, const struct outcome *before, const struct outcome *after);
enum impact differs_impact(size_t field);
void outcomes_compare(struct arena *scratch, const struct route_table *before_table,
                      const struct outcome *before, const struct route_table *after_table,
                      const struct outcome *after, struct difference *out);

/* ---- title.c */
struct slice outcome_words(struct arena *arena, const struct outcome *outcome);
struct slice difference_title(struct arena *arena, const struct difference *difference,
                              enum aspect aspect, bool platform, const struct outcome *before,
                              const struct outcome *after);
struct slice difference_fields(struct arena *arena, const struct difference *difference,
                               enum aspect aspect, bool platform, const struct outcome *before,
                               const struct outcome *after);
/* The outcome in the run's arena; it outlives the scratch it was made in. */
void outcome_keep(struct arena *arena, struct outcome *outcome);

#endif
