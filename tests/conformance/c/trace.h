// What has happened, and how it is handed on.

#ifndef TRACE_H
#define TRACE_H

#include "sockdock.h"
#include "text.h"

// Adds an entry; the text is the trace's from now on.
void trace_add(struct text *entry);
void trace_forget(void);

// Adds all entries, separated by tabs, behind a blank; nothing if there is none.
void trace_tell(struct text *answer);

// Keeps a script for an event, or forgets it (NULL).
void trace_keep(const char *event, const char *script);
// The script for an event, NULL for none.
const char *trace_script(const char *event);

void trace_save(struct sockdock_state *state);

// What was saved comes before what this instance has recorded. NULL, or why it can't be read.
const char *trace_load(const char *data, size_t length);

#endif
