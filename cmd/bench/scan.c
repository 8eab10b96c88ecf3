#include "bench.h"

#include <yaml.h>

bool bench_scan(const char *file, size_t *events)
{
    FILE *in = fopen(file, "rb");
    yaml_parser_t parser;
    if (!in || !yaml_parser_initialize(&parser)) {
        perror(file);
        if (in) {
            fclose(in);
        }
        return false;
    }
    yaml_parser_set_input_file(&parser, in);
    *events = 0;
    bool ended = false, good = true;
    while (!ended && good) {
        yaml_event_t event;
        good = yaml_parser_parse(&parser, &event) != 0;
        if (good) {
            ended = event.type == YAML_STREAM_END_EVENT;
            yaml_event_delete(&event);
            ++*events;
        }
    }
    if (!good) {
        fprintf(stderr, "%s:%zu: %s\n", file, parser.problem_mark.line + 1, parser.problem);
    }
    yaml_parser_delete(&parser);
    fclose(in);
    return good;
}
