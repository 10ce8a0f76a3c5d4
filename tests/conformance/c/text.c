#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct text *text, size_t more) {
    if (text->length + more + 1 <= text->capacity) return;
    text->capacity = 2 * text->capacity + more + 1;
    text->at = realloc(text->at, text->capacity);
    if (text->at == NULL) abort();
}

void text_add(struct text *text, const void *bytes, size_t length) {
    reserve(text, length);
    memcpy(text->at + text->length, bytes, length);
    text->length += length;
    text->at[text->length] = 0;
}

void text_format(struct text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    reserve(text, (size_t)length);
    text->length += (size_t)vsnprintf(text->at + text->length, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
}

void text_escape(struct text *text, const void *bytes, size_t length) {
    const uint8_t *all = bytes;
    for (size_t at = 0; at < length && at < 64; at++) {
        static const char special[] = "\t\r\n'\"\\", names[] = "trn'\"\\";
        const char *found = all[at] == 0 ? NULL : strchr(special, all[at]);
        if (found != NULL) text_format(text, "\\%c", names[found - special]);
        else text_format(text, all[at] >= 0x20 && all[at] < 0x7f ? "%c" : "\\x%02x", all[at]);
    }
}

void text_drop(struct text *text, size_t length) {
    text->length -= length;
    memmove(text->at, text->at + length, text->length + 1);
}

void text_free(struct text *text) {
    free(text->at);
    *text = (struct text){0};
}

char *copy_of(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL) abort();
    return copy;
}
