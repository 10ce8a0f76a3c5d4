// The plugin's pointers about its connections: a hash table from ids, with open addressing.

#include "glue.h"

#include <stdlib.h>

struct entry {
    sockdock_socket socket;
    void *data; // NULL: the place is free
};

static struct entry *table;
static size_t capacity, used; // the first is 0 or a power of two

// Ids count upward, so their lowest bits alone would make long runs.
static size_t home(sockdock_socket socket) { return (size_t)((socket * 0x9E3779B97F4A7C15u) >> 32) & (capacity - 1); }

// Where this id is, or would be.
static struct entry *find(sockdock_socket socket) {
    size_t at = home(socket);
    while (table[at].data != NULL && table[at].socket != socket) at = (at + 1) & (capacity - 1);
    return &table[at];
}

void *sockdock_data(sockdock_socket socket) { return capacity == 0 ? NULL : find(socket)->data; }

static bool grow(void) {
    struct entry *old = table;
    size_t places = capacity;
    struct entry *larger = calloc(places == 0 ? 16 : 2 * places, sizeof *larger);
    if (larger == NULL) return false;
    table = larger;
    capacity = places == 0 ? 16 : 2 * places;
    for (size_t at = 0; at < places; at++)
        if (old[at].data != NULL) *find(old[at].socket) = old[at];
    free(old);
    return true;
}

int sockdock_set_data(sockdock_socket socket, void *data) {
    if (data == NULL) return sockdock_forget_data(socket), 0;
    // A quarter stays free, so that each search ends soon.
    if (4 * (used + 1) > 3 * capacity && !grow()) return SOCKDOCK_LIMIT_EXCEEDED;
    struct entry *entry = find(socket);
    if (entry->data == NULL) used++;
    *entry = (struct entry){socket, data};
    return 0;
}

void sockdock_forget_data(sockdock_socket socket) {
    if (capacity == 0) return;
    struct entry *entry = find(socket);
    if (entry->data == NULL) return;
    used--;
    // Those behind it that would have stood further in front move up.
    size_t gap = (size_t)(entry - table), mask = capacity - 1;
    for (size_t at = (gap + 1) & mask; table[at].data != NULL; at = (at + 1) & mask) {
        if (((at - home(table[at].socket)) & mask) < ((at - gap) & mask)) continue;
        table[gap] = table[at];
        gap = at;
    }
    table[gap].data = NULL;
}
