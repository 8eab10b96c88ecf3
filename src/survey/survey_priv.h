/* Shared by the files of this module. */
#ifndef GATESHIFT_SURVEY_PRIV_H
#define GATESHIFT_SURVEY_PRIV_H

#include "survey/survey.h"

/* ---- gains.c: what is better as a route */
const char *feature_gain(enum feature_id feature); /* null: nothing in particular */

/* ---- words.c */
void text_add(struct arena *arena, struct texts *texts, struct slice text); /* once */
struct slice count_of(struct arena *arena, size_t count, const char *noun); /* "2 hosts" */

/* ---- text.c, markdown.c, html.c */
void survey_text(struct run *run, const struct survey *survey, struct buf *out);
void survey_markdown(struct run *run, const struct survey *survey, struct buf *out);
void survey_html(struct run *run, const struct survey *survey, struct buf *out);

#endif
