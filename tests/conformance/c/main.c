// The conformance plugin, by the C kit: records each event, and does what it is told. ../README.md says what.

#include "commands.h"
#include "sockdock.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool set_to(const char *key, const char *value) {
    const char *set = sockdock_config(key);
    return set != NULL && strcmp(set, value) == 0;
}

static bool is_control(sockdock_socket socket) {
    struct sockdock_endpoint local;
    return sockdock_local(socket, &local) == 0 && set_to("control", local.address);
}

// What a connection has left to do: the line that hasn't ended yet, and what a short write has left.
struct connection {
    struct text line, unsent;
};

static struct connection *connection_of(sockdock_socket socket) {
    struct connection *known = sockdock_data(socket);
    if (known == NULL) {
        known = calloc(1, sizeof *known);
        if (known == NULL || sockdock_set_data(socket, known) != 0) abort();
    }
    return known;
}

// Writes all; the rest of a short write follows on `drain`.
static void write_all(sockdock_socket socket, const void *bytes, size_t length) {
    struct connection *connection = sockdock_data(socket);
    bool waits = connection != NULL && connection->unsent.length > 0;
    int taken = waits ? 0 : sockdock_write(socket, bytes, length);
    if (taken >= 0 && (size_t)taken < length) text_add(&connection_of(socket)->unsent, (const char *)bytes + taken, length - (size_t)taken);
}

// Runs a script within an event, and records what came of it.
static void act(const char *event, const sockdock_socket *socket, const char *script) {
    if (script == NULL || *script == 0) return;
    struct text entry = {0};
    // The script may forget itself.
    text_format(&entry, "did %s %s -> ", event, script);
    char *own = copy_of(script);
    run(&entry, own, socket);
    free(own);
    trace_add(&entry);
}

static void record(const char *event, const sockdock_socket *socket, struct text *entry) {
    trace_add(entry);
    act(event, socket, trace_script(event));
}

// Records an event of a subject's, unless this is an echo. The details are taken.
static void happened(const char *event, sockdock_socket socket, struct text *details) {
    if (!set_to("mode", "echo") && !is_control(socket)) {
        struct text entry = {0};
        bool more = details != NULL && details->length > 0;
        text_format(&entry, "%s %" PRIu64 "%s%s", event, socket, more ? " " : "", more ? details->at : "");
        record(event, &socket, &entry);
    }
    if (details != NULL) text_free(details);
}

static const char *on_start(void) {
    if (set_to("refuse", "start")) return "told to refuse";
    struct text entry = {0};
    text_format(&entry, "start");
    const char *key, *value;
    for (size_t at = 0; sockdock_config_at(at, &key, &value); at++) text_format(&entry, " %s=%s", key, value);
    record("start", NULL, &entry);
    act("start", NULL, sockdock_config("start"));
    return NULL;
}

static void on_open(sockdock_socket socket) {
    struct sockdock_endpoint from;
    struct text details = {0};
    if (sockdock_remote(socket, &from) == 0) text_format(&details, "from %s:%u", from.address, from.port);
    happened("open", socket, &details);
}

// Carries out each line that these bytes complete.
static void on_commands(sockdock_socket socket, const uint8_t *bytes, size_t length) {
    struct text *line = &connection_of(socket)->line;
    text_add(line, bytes, length);
    for (char *end; (end = memchr(line->at, '\n', line->length)) != NULL;) {
        *end = 0;
        struct text answer = {0};
        run(&answer, line->at, NULL);
        text_add(&answer, "\n", 1);
        write_all(socket, answer.at, answer.length);
        text_free(&answer);
        text_drop(line, (size_t)(end + 1 - line->at));
    }
}

static void on_data(sockdock_socket socket, const uint8_t *bytes, size_t length) {
    if (is_control(socket)) return on_commands(socket, bytes, length);
    if (set_to("mode", "echo")) return write_all(socket, bytes, length);
    mirrored = bytes, mirrored_length = length;
    struct text details = {0};
    text_format(&details, "%zu ", length);
    text_escape(&details, bytes, length);
    happened("data", socket, &details);
}

static void on_drain(sockdock_socket socket) {
    struct connection *connection = sockdock_data(socket);
    if (connection != NULL && connection->unsent.length > 0) {
        int taken = sockdock_write(socket, connection->unsent.at, connection->unsent.length);
        if (taken > 0) text_drop(&connection->unsent, (size_t)taken);
    }
    happened("drain", socket, NULL);
}

static void on_end(sockdock_socket socket) { happened("end", socket, NULL); }

static void on_timeout(sockdock_socket socket) { happened("timeout", socket, NULL); }

static void on_handshake(sockdock_socket socket, const char *unverified) {
    struct text details = {0};
    if (unverified == NULL) text_format(&details, "verified");
    else text_format(&details, "unverified: %s", unverified);
    happened("handshake", socket, &details);
}

static void on_error(sockdock_socket socket, int error, const char *message) {
    struct text details = {0};
    text_format(&details, "%s %s", sockdock_error_name(error), message);
    happened("error", socket, &details);
}

static void on_close(sockdock_socket socket, const struct sockdock_close_info *info) {
    struct connection *connection = sockdock_data(socket);
    if (connection != NULL) {
        text_free(&connection->line);
        text_free(&connection->unsent);
        free(connection);
    }
    struct text details = {0};
    text_format(&details, "%s unsent=%" PRIu64, sockdock_error_name(info->error), info->unsent);
    happened("close", socket, &details);
}

static void on_connect_error(sockdock_socket socket, int error, const char *message) {
    struct text details = {0};
    text_format(&details, "%s %s", sockdock_error_name(error), message);
    happened("connect-error", socket, &details);
}

static void on_fired(uint64_t token) {
    struct text entry = {0};
    text_format(&entry, "fired %" PRIu64, token);
    record("fired", NULL, &entry);
}

static const char *on_snapshot(struct sockdock_state *state) {
    act("snapshot", NULL, sockdock_config("snapshot"));
    if (set_to("refuse", "snapshot")) return "told to refuse";
    if (!set_to("state", "none")) trace_save(state);
    return NULL;
}

static const char *on_restore(const char *version, const uint8_t *data, size_t length) {
    static char reason[256];
    if (strcmp(version, "trace-1") != 0) {
        snprintf(reason, sizeof reason, "unknown version %s", version);
        return reason;
    }
    if (set_to("refuse", "restore")) return "told to refuse";
    const char *wrong = trace_load((const char *)data, length);
    if (wrong != NULL) return wrong;
    struct text entry = {0};
    text_format(&entry, "restore %s", version);
    record("restore", NULL, &entry);
    act("restore", NULL, sockdock_config("restore"));
    return NULL;
}

const struct sockdock_handlers sockdock_plugin = {
    .start = on_start,
    .open = on_open,
    .data = on_data,
    .drain = on_drain,
    .end = on_end,
    .timeout = on_timeout,
    .handshake = on_handshake,
    .error = on_error,
    .close = on_close,
    .connect_error = on_connect_error,
    .fired = on_fired,
    .snapshot = on_snapshot,
    .restore = on_restore,
};
