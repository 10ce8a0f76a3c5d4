// The table of pointers beside a plain array that does the same, through many random steps. Built natively, by tests/run.

#include "../data.c"

#include <stdio.h>

#define SOCKETS 3000

static void *expected[SOCKETS];

// Neighbours, multiples of a power of two, and ids as far apart as they can be: whatever makes runs.
static sockdock_socket id_of(size_t number) {
    switch (number % 3) {
    case 0: return number;
    case 1: return (uint64_t)number << 40;
    default: return UINT64_MAX - number * 1028;
    }
}

static uint64_t state = 88172645463325252u;

static uint64_t chance(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int check(size_t step) {
    size_t known = 0;
    for (size_t number = 0; number < SOCKETS; number++) {
        if (sockdock_data(id_of(number)) != expected[number]) {
            printf("after step %zu: another pointer for socket %zu\n", step, number);
            return 1;
        }
        known += expected[number] != NULL;
    }
    if (known != used) printf("after step %zu: %zu entries, and %zu are counted\n", step, known, used);
    return known != used;
}

int main(void) {
    if (sockdock_data(7) != NULL) return puts("an empty table has a pointer"), 1;
    sockdock_forget_data(7);
    for (size_t step = 0; step < 300000; step++) {
        // Grows, shrinks, and grows again.
        size_t number = chance() % SOCKETS, likely = step / 50000 % 2 == 0 ? 3 : 1;
        if (chance() % 4 < likely) {
            expected[number] = &expected[chance() % SOCKETS];
            if (sockdock_set_data(id_of(number), expected[number]) != 0) return puts("no memory"), 1;
        } else {
            expected[number] = NULL;
            if (chance() % 2 == 0) sockdock_forget_data(id_of(number));
            else sockdock_set_data(id_of(number), NULL);
        }
        if (step % 1000 == 0 && check(step)) return 1;
    }
    return check(300000);
}
