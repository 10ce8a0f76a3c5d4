// From the component's exports to the plugin's callbacks.

#include "glue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Null unless the plugin prints, so that one that doesn't carries nothing of it.
extern FILE *const stdout __attribute__((weak));

// A copy with its 0; the contract's strings have none.
static char *text(const plugin_full_string_t *string) {
    char *copy = sockdock_allocate(string->len + 1);
    memcpy(copy, string->ptr, string->len);
    copy[string->len] = 0;
    return copy;
}

void *sockdock_allocate(size_t size) {
    void *memory = malloc(size);
    if (memory == NULL) abort();
    return memory;
}

// # Life cycle

static struct setting { char *key, *value; } *settings;
static size_t setting_count;

const char *sockdock_config(const char *key) {
    for (size_t at = setting_count; at-- > 0;)
        if (strcmp(settings[at].key, key) == 0) return settings[at].value;
    return NULL;
}

bool sockdock_config_at(size_t index, const char **key, const char **value) {
    if (index >= setting_count) return false;
    *key = settings[index].key;
    *value = settings[index].value;
    return true;
}

// Whether it went well; else the reason for the host, which frees it.
static bool told(const char *reason, plugin_full_string_t *why) {
    if (reason != NULL) plugin_full_string_dup(why, reason);
    return reason == NULL;
}

bool exports_wit_lifecycle_start(plugin_full_list_tuple2_string_string_t *config, plugin_full_string_t *why) {
    // As on a terminal: what was printed before an `abort` is in the log, and nobody needs `fflush`.
    if (&stdout != NULL) setvbuf(stdout, NULL, _IOLBF, 0);
    settings = sockdock_allocate(config->len * sizeof *settings + 1);
    setting_count = config->len;
    for (size_t at = 0; at < config->len; at++)
        settings[at] = (struct setting){text(&config->ptr[at].f0), text(&config->ptr[at].f1)};
    plugin_full_list_tuple2_string_string_free(config);
    return told(sockdock_plugin.start ? sockdock_plugin.start() : NULL, why);
}

struct sockdock_state {
    plugin_full_string_t version;
    uint8_t *data;
    size_t length, capacity;
};

void sockdock_state_version(struct sockdock_state *state, const char *version) {
    plugin_full_string_free(&state->version);
    plugin_full_string_dup(&state->version, version);
}

void sockdock_state_add(struct sockdock_state *state, const void *bytes, size_t length) {
    if (length > state->capacity - state->length) {
        state->capacity = 2 * state->capacity + length + 64;
        state->data = realloc(state->data, state->capacity);
        if (state->data == NULL) abort();
    }
    memcpy(state->data + state->length, bytes, length);
    state->length += length;
}

bool exports_wit_lifecycle_snapshot(exports_wit_lifecycle_option_state_t *made, plugin_full_string_t *why) {
    struct sockdock_state state = {0};
    const char *reason = sockdock_plugin.snapshot ? sockdock_plugin.snapshot(&state) : NULL;
    made->is_some = state.version.ptr != NULL || state.length > 0;
    made->val.version = state.version;
    made->val.data = (plugin_full_list_u8_t){state.data, state.length};
    // The host frees only what is not empty, and nothing of what it isn't given.
    if (reason != NULL || state.length == 0) free(state.data);
    if (reason != NULL) plugin_full_string_free(&state.version);
    return told(reason, why);
}

bool exports_wit_lifecycle_restore(wit_types_state_t *state, plugin_full_string_t *why) {
    char *version = text(&state->version), refusal[256];
    const char *reason = refusal;
    if (sockdock_plugin.restore) {
        reason = sockdock_plugin.restore(version, state->data.ptr, state->data.len);
    } else {
        strcpy(refusal, "this plugin takes over no state, and was given version ");
        strncat(refusal, version, sizeof refusal - strlen(refusal) - 1);
    }
    bool good = told(reason, why);
    free(version);
    exports_wit_lifecycle_state_free(state);
    return good;
}

// # Events

void exports_wit_socket_handlers_open(sockdock_socket socket) {
    if (sockdock_plugin.open) sockdock_plugin.open(socket);
}

void exports_wit_socket_handlers_data(sockdock_socket socket, plugin_full_list_u8_t *data) {
    if (sockdock_plugin.data) sockdock_plugin.data(socket, data->ptr, data->len);
    // Never empty.
    free(data->ptr);
}

void exports_wit_socket_handlers_drain(sockdock_socket socket) {
    if (sockdock_plugin.drain) sockdock_plugin.drain(socket);
}

void exports_wit_socket_handlers_end(sockdock_socket socket) {
    if (sockdock_plugin.end) sockdock_plugin.end(socket);
}

void exports_wit_socket_handlers_timeout(sockdock_socket socket) {
    if (sockdock_plugin.timeout) sockdock_plugin.timeout(socket);
}

void exports_wit_socket_handlers_handshake(sockdock_socket socket, exports_wit_lifecycle_result_void_string_t *verified) {
    char *unverified = verified->is_err ? text(&verified->val.err) : NULL;
    exports_wit_lifecycle_result_void_string_free(verified);
    if (sockdock_plugin.handshake) sockdock_plugin.handshake(socket, unverified);
    free(unverified);
}

// Tells of a failure by one of the two handlers for it.
static void failed(void (*handler)(sockdock_socket, int, const char *), sockdock_socket socket, wit_types_socket_error_t *error) {
    char *message = text(&error->message);
    if (handler) handler(socket, sockdock_refusal(error->code), message);
    free(message);
    wit_types_socket_error_free(error);
}

void exports_wit_socket_handlers_error(sockdock_socket socket, wit_types_socket_error_t *error) {
    failed(sockdock_plugin.error, socket, error);
}

void exports_wit_socket_handlers_close(sockdock_socket socket, wit_types_close_info_t *info) {
    struct sockdock_close_info told = {0, NULL, info->unsent};
    char *message = info->error.is_some ? text(&info->error.val.message) : NULL;
    if (message != NULL) told = (struct sockdock_close_info){sockdock_refusal(info->error.val.code), message, info->unsent};
    wit_types_close_info_free(info);
    if (sockdock_plugin.close) sockdock_plugin.close(socket, &told);
    free(message);
    sockdock_forget_data(socket);
}

void exports_wit_socket_handlers_connect_error(sockdock_socket socket, wit_types_socket_error_t *error) {
    failed(sockdock_plugin.connect_error, socket, error);
    sockdock_forget_data(socket);
}

void exports_wit_timer_handler_fired(uint64_t token) {
    if (sockdock_plugin.fired) sockdock_plugin.fired(token);
}
