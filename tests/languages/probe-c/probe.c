// What the tests ask of a plugin in C; a command per line, as ../probe-js/probe.js lists them.

#include "plugin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// What a socket has still to be sent: where it stands, and where it ends.
struct job {
    types_socket_id_t socket;
    uint64_t next, total;
    struct job *further;
};

static struct job *jobs;

static struct job **find(types_socket_id_t socket) {
    struct job **at = &jobs;
    while (*at && (*at)->socket != socket) at = &(*at)->further;
    return at;
}

static void forget(types_socket_id_t socket) {
    struct job **at = find(socket);
    struct job *job = *at;
    if (!job) return;
    *at = job->further;
    free(job);
}

// How many were taken. None if the peer has gone away while it was being written to; `close` follows.
static uint32_t write_what_goes(types_socket_id_t socket, void *bytes, size_t length) {
    plugin_list_u8_t list = {bytes, length};
    uint32_t taken;
    types_error_code_t error;
    if (sockets_write(socket, &list, &taken, &error)) return taken;
    if (error != TYPES_ERROR_CODE_CLOSED) abort();
    return 0;
}

static void proceed(struct job *job) {
    types_socket_id_t socket = job->socket;
    while (job->next < job->total) {
        uint8_t piece[4096];
        uint64_t rest = job->total - job->next;
        size_t size = rest < sizeof piece ? rest : sizeof piece;
        for (size_t i = 0; i < size; i++) piece[i] = (job->next + i) % 251;
        uint32_t taken = write_what_goes(socket, piece, size);
        job->next += taken;
        if (taken < size) return; // `drain` will tell
    }
    forget(socket);
    types_error_code_t error;
    sockets_end(socket, &error);
}

static const char *foreign(types_socket_id_t socket) {
    uint8_t byte = 'x';
    plugin_list_u8_t list = {&byte, 1};
    uint32_t taken;
    types_error_code_t error;
    if (sockets_write(socket + 1, &list, &taken, &error)) return "taken";
    return error == TYPES_ERROR_CODE_CLOSED ? "closed" : "another error";
}

static void answer(types_socket_id_t socket, const char *command, char *words) {
    char line[64] = "ok\n";
    if (!strcmp(command, "print")) {
        // Standard output is no terminal, so libc keeps what isn't flushed.
        printf("%s\n", words);
        fflush(stdout);
    } else if (!strcmp(command, "log")) {
        plugin_string_t message;
        plugin_string_set(&message, words); // borrowed: nothing to free
        logging_log(LOGGING_LEVEL_WARN, &message);
    } else if (!strcmp(command, "foreign")) {
        snprintf(line, sizeof line, "%s\n", foreign(socket));
    } else if (!strcmp(command, "clock")) {
        snprintf(line, sizeof line, "%lld\n", (long long)time(NULL));
    } else if (!strcmp(command, "random")) {
        uint64_t number;
        if (getentropy(&number, sizeof number)) abort();
        snprintf(line, sizeof line, "%llu\n", (unsigned long long)number);
    } else {
        fprintf(stderr, "told to fail by \"%s\"\n", command);
        abort();
    }
    write_what_goes(socket, line, strlen(line));
}

void exports_socket_handlers_data(types_socket_id_t socket, plugin_list_u8_t *data) {
    char line[256] = "";
    if (data->len >= sizeof line) abort();
    memcpy(line, data->ptr, data->len);
    plugin_list_u8_free(data);
    line[strcspn(line, "\r\n")] = 0;

    char *end;
    unsigned long long total = strtoull(line, &end, 10);
    if (line[0] && !*end) {
        struct job *job = malloc(sizeof *job);
        if (!job) abort();
        *job = (struct job){.socket = socket, .total = total, .further = jobs};
        jobs = job;
        proceed(job);
        return;
    }
    char *space = strchr(line, ' ');
    if (space) *space = 0;
    answer(socket, line, space ? space + 1 : "");
}

void exports_socket_handlers_drain(types_socket_id_t socket) {
    struct job *job = *find(socket);
    if (job) proceed(job);
}

void exports_socket_handlers_close(types_socket_id_t socket, types_close_info_t *info) {
    forget(socket);
    types_close_info_free(info);
}

void exports_socket_handlers_open(types_socket_id_t socket) {}
void exports_socket_handlers_end(types_socket_id_t socket) {}
void exports_socket_handlers_timeout(types_socket_id_t socket) {}

void exports_socket_handlers_handshake(types_socket_id_t socket,
                                       exports_socket_handlers_result_void_string_t *verified) {
    exports_socket_handlers_result_void_string_free(verified);
}

void exports_socket_handlers_error(types_socket_id_t socket, types_socket_error_t *error) {
    types_socket_error_free(error);
}

void exports_socket_handlers_connect_error(types_socket_id_t socket, types_socket_error_t *error) {
    types_socket_error_free(error);
}
