// Text that grows.

#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

// All 0: empty. What it holds ends with a 0 that isn't counted; NULL while nothing was ever added.
struct text {
    char *at;
    size_t length, capacity;
};

void text_add(struct text *text, const void *bytes, size_t length);
__attribute__((format(printf, 2, 3))) void text_format(struct text *text, const char *format, ...);

// The first 64 bytes, as a line can hold them.
void text_escape(struct text *text, const void *bytes, size_t length);

// Takes so many bytes away from the front.
void text_drop(struct text *text, size_t length);
void text_free(struct text *text);

char *copy_of(const char *text);

#endif
