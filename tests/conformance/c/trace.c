#include "trace.h"

#include <stdlib.h>
#include <string.h>

static char **entries;
static size_t count, capacity;

static struct script {
    char *event, *script;
    struct script *next;
} *scripts;

static void insert(size_t place, char *entry) {
    if (count == capacity) {
        capacity = 2 * capacity + 16;
        entries = realloc(entries, capacity * sizeof *entries);
        if (entries == NULL) abort();
    }
    memmove(entries + place + 1, entries + place, (count - place) * sizeof *entries);
    entries[place] = entry;
    count++;
}

void trace_add(struct text *entry) { insert(count, entry->at); }

void trace_forget(void) {
    while (count > 0) free(entries[--count]);
}

void trace_tell(struct text *answer) {
    for (size_t at = 0; at < count; at++) text_format(answer, "%s%s", at == 0 ? " " : "\t", entries[at]);
}

const char *trace_script(const char *event) {
    for (struct script *kept = scripts; kept != NULL; kept = kept->next)
        if (strcmp(kept->event, event) == 0) return kept->script;
    return NULL;
}

void trace_keep(const char *event, const char *script) {
    for (struct script **place = &scripts; *place != NULL; place = &(*place)->next) {
        struct script *kept = *place;
        if (strcmp(kept->event, event) != 0) continue;
        *place = kept->next;
        free(kept->event);
        free(kept->script);
        free(kept);
        break;
    }
    if (script == NULL) return;
    struct script *kept = malloc(sizeof *kept);
    if (kept == NULL) abort();
    *kept = (struct script){copy_of(event), copy_of(script), scripts};
    scripts = kept;
}

void trace_save(struct sockdock_state *state) {
    struct text lines = {0};
    for (struct script *kept = scripts; kept != NULL; kept = kept->next) text_format(&lines, "h%s %s\n", kept->event, kept->script);
    for (size_t at = 0; at < count; at++) text_format(&lines, "e%s\n", entries[at]);
    sockdock_state_version(state, "trace-1");
    if (lines.length > 0) sockdock_state_add(state, lines.at, lines.length - 1);
    text_free(&lines);
}

const char *trace_load(const char *data, size_t length) {
    size_t place = 0;
    for (const char *end = data + length; data < end;) {
        const char *found = memchr(data, '\n', (size_t)(end - data)), *stop = found == NULL ? end : found;
        struct text line = {0};
        text_add(&line, data, (size_t)(stop - data));
        char *rest = line.at + 1, *blank = strchr(line.at, ' ');
        if (line.at[0] == 'e') {
            insert(place++, copy_of(rest));
        } else if (line.at[0] == 'h' && blank != NULL) {
            *blank = 0;
            trace_keep(rest, blank + 1);
        } else if (line.at[0] != 'c') {
            return "no line of a trace";
        }
        text_free(&line);
        data = stop + 1;
    }
    return NULL;
}
