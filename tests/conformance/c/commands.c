#include "commands.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const uint8_t *mirrored;
size_t mirrored_length;

// What the last `connect` has made.
static sockdock_socket made;
static bool has_made;

static void answer_of(struct text *answer, int64_t result, bool has_value) {
    if (result < 0) text_format(answer, "err %s", sockdock_error_name((int)result));
    else if (has_value) text_format(answer, "ok %" PRId64, result);
    else text_format(answer, "ok");
}

static uint64_t number(const char *text) {
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (end == text || *end != 0) {
        fprintf(stderr, "no number: %s\n", text);
        abort();
    }
    return value;
}

static uint32_t milliseconds(const char *text) { return strcmp(text, "none") == 0 ? SOCKDOCK_OFF : (uint32_t)number(text); }

// NULL for `-`.
static const char *given(const char *text) { return strcmp(text, "-") == 0 ? NULL : text; }

static void *filled(int byte, size_t length) {
    void *bytes = malloc(length + 1);
    if (bytes == NULL) abort();
    return memset(bytes, byte, length);
}

static int write_filled(sockdock_socket socket, size_t length, bool pattern) {
    uint8_t *bytes = filled('x', length);
    for (size_t at = 0; pattern && at < length; at++) bytes[at] = (uint8_t)(at % 251);
    int taken = sockdock_write(socket, bytes, length);
    free(bytes);
    return taken;
}

static int write_hex(sockdock_socket socket, const char *digits) {
    size_t length = strlen(digits) / 2;
    uint8_t *bytes = filled(0, length);
    for (size_t at = 0; at < length; at++) sscanf(digits + 2 * at, "%2hhx", &bytes[at]);
    int taken = sockdock_write(socket, bytes, length);
    free(bytes);
    return taken;
}

static int64_t flood(sockdock_socket socket) {
    static uint8_t piece[32 << 10];
    memset(piece, 'x', sizeof piece);
    for (int64_t all = 0;;) {
        int taken = sockdock_write(socket, piece, sizeof piece);
        if (taken < 0) return taken;
        all += taken;
        if ((size_t)taken < sizeof piece) return all;
    }
}

static int ascending(const void *one, const void *other) {
    sockdock_socket a = *(const sockdock_socket *)one, b = *(const sockdock_socket *)other;
    return a < b ? -1 : a > b;
}

static void tell_live(struct text *answer) {
    size_t count = sockdock_live(NULL, 0);
    sockdock_socket *all = filled(0, count * sizeof *all);
    count = sockdock_live(all, count);
    qsort(all, count, sizeof *all, ascending);
    text_format(answer, "ok");
    for (size_t at = 0; at < count; at++) text_format(answer, " %" PRIu64, all[at]);
    free(all);
}

static void tell_endpoint(struct text *answer, int result, const struct sockdock_endpoint *endpoint) {
    if (result < 0) answer_of(answer, result, false);
    else text_format(answer, "ok %s:%u", endpoint->address, endpoint->port);
}

static const char *or_none(const char *text) { return *text == 0 ? "-" : text; }

static void tell_session(struct text *answer, sockdock_socket socket) {
    struct sockdock_session_info session;
    int result = sockdock_session(socket, &session);
    if (result <= 0) {
        answer_of(answer, result, false);
        if (result == 0) text_format(answer, " -");
        return;
    }
    text_format(answer, "ok %s %s %s %s %s %s", session.version, session.cipher, or_none(session.server_name), or_none(session.alpn),
                session.resumed ? "true" : "false", session.verified ? "true" : "false");
}

static void tell_context(struct text *answer, sockdock_socket socket) {
    uint8_t begin[64];
    int length = sockdock_context(socket, begin, sizeof begin);
    answer_of(answer, length, false);
    if (length > 0) {
        text_format(answer, " ");
        text_escape(answer, begin, (size_t)length);
    }
}

static void tell_listener(struct text *answer, sockdock_socket socket) {
    char name[256];
    int length = sockdock_listener(socket, name, sizeof name);
    answer_of(answer, length, false);
    if (length >= 0) text_format(answer, " %s", or_none(name));
}

static int upgrade_client(sockdock_socket socket, char *rest) {
    char *credentials = strchr(rest, ' ');
    if (credentials == NULL) abort();
    *credentials++ = 0;
    return sockdock_upgrade_client(socket, &(struct sockdock_tls){.server_name = given(rest), .credentials = given(credentials)});
}

static void connect_to(struct text *answer, const char *address, char *words) {
    const char *alpn[16] = {0};
    size_t offered = 0;
    struct sockdock_tls tls = {.alpn = alpn};
    struct sockdock_connect_options options = {0};
    uint32_t timeout;
    for (char *more, *word = strtok_r(words, " ", &more); word != NULL; word = strtok_r(NULL, " ", &more)) {
        char *value = strchr(word, '=');
        if (value != NULL) *value++ = 0;
        if (strcmp(word, "timeout") == 0) timeout = (uint32_t)number(value), options.timeout_milliseconds = &timeout;
        else if (strcmp(word, "half-open") == 0) options.allow_half_open = true;
        else if (strcmp(word, "context") == 0) options.context = value, options.context_length = strlen(value);
        else {
            options.tls = &tls;
            if (strcmp(word, "name") == 0) tls.server_name = value;
            if (strcmp(word, "credentials") == 0) tls.credentials = value;
            if (strcmp(word, "alpn") == 0 && offered < 15) alpn[offered++] = value;
        }
    }
    sockdock_socket socket;
    int result = sockdock_connect(address, &options, &socket);
    if (result < 0) return answer_of(answer, result, false);
    made = socket, has_made = true;
    text_format(answer, "ok %" PRIu64, made);
}

static int log_at(const char *level, const char *message) {
    static const char *const levels[] = {"trace", "debug", "info", "warn", "error"};
    for (int at = 0; at < 5; at++)
        if (strcmp(level, levels[at]) == 0) sockdock_log((enum sockdock_level)at, message);
    return 0;
}

static void busy(uint64_t milliseconds) {
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do clock_gettime(CLOCK_MONOTONIC, &now);
    while ((uint64_t)(now.tv_sec - begin.tv_sec) * 1000 + (uint64_t)(now.tv_nsec / 1000000) < (uint64_t)(begin.tv_nsec / 1000000) + milliseconds);
}

// What is about no socket; whether it was such a command.
static bool plugin_wide(struct text *answer, const char *name, char *first, char *rest) {
    int result = 0;
    bool has_value = false;
    if (strcmp(name, "off") == 0) trace_keep(first, NULL);
    else if (strcmp(name, "forget") == 0) trace_forget();
    else if (strcmp(name, "trace") == 0) return text_format(answer, "ok"), trace_tell(answer), true;
    else if (strcmp(name, "trap") == 0) fputs("told to trap\n", stderr), abort();
    else if (strcmp(name, "busy") == 0) busy(number(first));
    // For good: nobody has the pointer.
    else if (strcmp(name, "eat") == 0) { if (*(volatile char *)filled(1, number(first)) != 1) abort(); }
    else if (strcmp(name, "print") == 0) printf("%s%s%s\n", first, *rest == 0 ? "" : " ", rest);
    else if (strcmp(name, "clock") == 0) return text_format(answer, "ok %lld", (long long)time(NULL)), true;
    else if (strcmp(name, "random") == 0) return text_format(answer, "ok %" PRIu32, arc4random()), true;
    else if (strcmp(name, "log") == 0) result = log_at(first, rest);
    else if (strcmp(name, "live") == 0) return tell_live(answer), true;
    else if (strcmp(name, "timer") == 0) result = sockdock_set_timer(number(first), (uint32_t)number(rest));
    else if (strcmp(name, "clear") == 0) sockdock_clear_timer(number(first));
    else if (strcmp(name, "connect") == 0) return connect_to(answer, first, rest), true;
    else if (strcmp(name, "publish") == 0) has_value = true, result = sockdock_publish(first, rest, strlen(rest), SOCKDOCK_NOBODY);
    else return false;
    answer_of(answer, result, has_value);
    return true;
}

// Answers with a number.
static bool counting(const char *name, sockdock_socket socket, const char *rest, int64_t *result) {
    if (strcmp(name, "write") == 0) *result = sockdock_write_text(socket, rest);
    else if (strcmp(name, "hex") == 0) *result = write_hex(socket, rest);
    else if (strcmp(name, "pattern") == 0) *result = write_filled(socket, number(rest), true);
    else if (strcmp(name, "fill") == 0) *result = write_filled(socket, number(rest), false);
    else if (strcmp(name, "flood") == 0) *result = flood(socket);
    else if (strcmp(name, "mirror") == 0) *result = sockdock_write(socket, mirrored, mirrored_length);
    else if (strcmp(name, "queued") == 0) *result = sockdock_queued(socket);
    else if (strcmp(name, "read") == 0) *result = sockdock_bytes_read(socket);
    else if (strcmp(name, "written") == 0) *result = sockdock_bytes_written(socket);
    else if (strcmp(name, "certificates") == 0) *result = sockdock_certificates(socket);
    else if (strcmp(name, "line") == 0) {
        struct text line = {0};
        text_format(&line, "%s\n", rest);
        *result = sockdock_write(socket, line.at, line.length);
        text_free(&line);
    } else return false;
    return true;
}

static int big_context(sockdock_socket socket, size_t length) {
    void *bytes = filled('c', length);
    int result = sockdock_set_context(socket, bytes, length);
    free(bytes);
    return result;
}

static int done(const char *name, sockdock_socket socket, char *rest) {
    bool on = strcmp(rest, "on") == 0;
    if (strcmp(name, "flush") == 0) return sockdock_flush(socket);
    if (strcmp(name, "end") == 0) return sockdock_end(socket);
    if (strcmp(name, "shutdown") == 0) return sockdock_shutdown(socket);
    if (strcmp(name, "terminate") == 0) return sockdock_terminate(socket);
    if (strcmp(name, "pause") == 0) return sockdock_pause(socket);
    if (strcmp(name, "resume") == 0) return sockdock_resume(socket);
    if (strcmp(name, "auto-pause") == 0) return sockdock_set_auto_pause(socket, on);
    if (strcmp(name, "no-delay") == 0) return sockdock_set_no_delay(socket, on);
    if (strcmp(name, "timeout") == 0) return sockdock_set_timeout(socket, milliseconds(rest));
    if (strcmp(name, "keep-alive") == 0) return sockdock_set_keep_alive(socket, milliseconds(rest));
    if (strcmp(name, "set-context") == 0) return sockdock_set_context(socket, rest, strlen(rest));
    if (strcmp(name, "big-context") == 0) return big_context(socket, number(rest));
    if (strcmp(name, "upgrade-client") == 0) return upgrade_client(socket, rest);
    if (strcmp(name, "upgrade-server") == 0) return sockdock_upgrade_server(socket, rest);
    if (strcmp(name, "subscribe") == 0) return sockdock_subscribe(socket, rest);
    if (strcmp(name, "unsubscribe") == 0) return sockdock_unsubscribe(socket, rest);
    fprintf(stderr, "no command: %s\n", name);
    abort();
}

static void of_a_socket(struct text *answer, const char *name, sockdock_socket socket, char *rest) {
    struct sockdock_endpoint endpoint;
    int64_t result;
    if (strcmp(name, "local") == 0) tell_endpoint(answer, sockdock_local(socket, &endpoint), &endpoint);
    else if (strcmp(name, "remote") == 0) tell_endpoint(answer, sockdock_remote(socket, &endpoint), &endpoint);
    else if (strcmp(name, "listener") == 0) tell_listener(answer, socket);
    else if (strcmp(name, "context") == 0) tell_context(answer, socket);
    else if (strcmp(name, "session") == 0) tell_session(answer, socket);
    else if (counting(name, socket, rest, &result)) answer_of(answer, result, true);
    else answer_of(answer, done(name, socket, rest), false);
}

// Cuts the first word off; what follows it.
static char *cut(char *text) {
    char *blank = strchr(text, ' ');
    if (blank == NULL) return text + strlen(text);
    *blank = 0;
    return blank + 1;
}

static void command(struct text *answer, const char *template, const sockdock_socket *socket) {
    struct text line = {0};
    for (const char *at = template; *at != 0; at++) {
        if (*at == '$' && socket != NULL) text_format(&line, "%" PRIu64, *socket);
        else if (*at == '@' && has_made) text_format(&line, "%" PRIu64, made);
        else text_add(&line, at, 1);
    }
    char *name = line.at == NULL ? copy_of("") : line.at, *first = cut(name), *rest = cut(first);
    if (!plugin_wide(answer, name, first, rest)) of_a_socket(answer, name, number(first), rest);
    free(name);
}

void run(struct text *answer, char *script, const sockdock_socket *socket) {
    if (strncmp(script, "on ", 3) == 0) {
        char *event = script + 3, *kept = cut(event);
        trace_keep(event, kept);
        return text_format(answer, "ok");
    }
    for (char *next = script; script != NULL; script = next) {
        next = strstr(script, "; ");
        if (next != NULL) *next = 0, next += 2;
        command(answer, script, socket);
        if (next != NULL) text_format(answer, "; ");
    }
}
