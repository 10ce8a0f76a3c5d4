// The calls into the host, in the shape of sockdock.h.

#include "glue.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    "none",        "closed",           "reset",          "refused",     "unreachable", "timed-out", "name-resolution", "tls",
    "not-allowed", "invalid-argument", "limit-exceeded", "in-progress", "unsupported", "io",        "other",
};

const char *sockdock_error_name(int error) { return error < 0 && error >= SOCKDOCK_OTHER ? names[-error] : names[0]; }

// Bytes and text as the contract has them; they stay the caller's.
static plugin_full_list_u8_t bytes_of(const void *bytes, size_t length) {
    return (plugin_full_list_u8_t){(uint8_t *)bytes, length};
}

static plugin_full_string_t string_of(const char *text) { return (plugin_full_string_t){(uint8_t *)text, strlen(text)}; }

static plugin_full_option_string_t optional(const char *text) {
    return text == NULL ? (plugin_full_option_string_t){0} : (plugin_full_option_string_t){true, string_of(text)};
}

// As `int` has it.
static int count(uint32_t number) { return number > INT_MAX ? INT_MAX : (int)number; }

// Copies as much as there is room for, and answers the whole length.
static int copy(const uint8_t *bytes, size_t length, void *buffer, size_t size) {
    size_t fits = length < size ? length : size;
    if (fits > 0) memcpy(buffer, bytes, fits);
    return count(length);
}

// The same for text, with its 0.
static int copy_text(const plugin_full_string_t *string, char *text, size_t size) {
    if (size == 0) return count(string->len);
    size_t fits = string->len < size ? string->len : size - 1;
    memcpy(text, string->ptr, fits);
    text[fits] = 0;
    return count(string->len);
}

// A call whose answer is nothing but whether it went well.
#define DONE(call)                                                                                                               \
    do {                                                                                                                         \
        wit_types_error_code_t error;                                                                                                \
        return (call) ? 0 : sockdock_refusal(error);                                                                             \
    } while (0)

int sockdock_write(sockdock_socket socket, const void *bytes, size_t length) {
    plugin_full_list_u8_t data = bytes_of(bytes, length < INT_MAX ? length : INT_MAX);
    wit_types_error_code_t error;
    uint32_t taken;
    return wit_sockets_write(socket, &data, &taken, &error) ? (int)taken : sockdock_refusal(error);
}

int sockdock_write_text(sockdock_socket socket, const char *text) { return sockdock_write(socket, text, strlen(text)); }

int sockdock_queued(sockdock_socket socket) {
    wit_types_error_code_t error;
    uint32_t bytes;
    return wit_sockets_queued(socket, &bytes, &error) ? count(bytes) : sockdock_refusal(error);
}

int sockdock_flush(sockdock_socket socket) { DONE(wit_sockets_flush(socket, &error)); }
int sockdock_end(sockdock_socket socket) { DONE(wit_sockets_end(socket, &error)); }
int sockdock_shutdown(sockdock_socket socket) { DONE(wit_sockets_shutdown(socket, &error)); }
int sockdock_terminate(sockdock_socket socket) { DONE(wit_sockets_terminate(socket, &error)); }
int sockdock_pause(sockdock_socket socket) { DONE(wit_sockets_pause(socket, &error)); }
int sockdock_resume(sockdock_socket socket) { DONE(wit_sockets_resume(socket, &error)); }

int sockdock_set_auto_pause(sockdock_socket socket, bool enabled) { DONE(wit_sockets_set_auto_pause(socket, enabled, &error)); }
int sockdock_set_no_delay(sockdock_socket socket, bool enabled) { DONE(wit_sockets_set_no_delay(socket, enabled, &error)); }

int sockdock_set_timeout(sockdock_socket socket, uint32_t milliseconds) {
    DONE(wit_sockets_set_timeout(socket, milliseconds == SOCKDOCK_OFF ? NULL : &milliseconds, &error));
}

int sockdock_set_keep_alive(sockdock_socket socket, uint32_t milliseconds) {
    DONE(wit_sockets_set_keep_alive(socket, milliseconds == SOCKDOCK_OFF ? NULL : &milliseconds, &error));
}

// # Facts

static int described(wit_types_endpoint_t *found, struct sockdock_endpoint *endpoint) {
    copy_text(&found->address, endpoint->address, sizeof endpoint->address);
    endpoint->port = found->port;
    wit_types_endpoint_free(found);
    return 0;
}

int sockdock_local(sockdock_socket socket, struct sockdock_endpoint *endpoint) {
    wit_types_error_code_t error;
    wit_types_endpoint_t found;
    return wit_sockets_local_endpoint(socket, &found, &error) ? described(&found, endpoint) : sockdock_refusal(error);
}

int sockdock_remote(sockdock_socket socket, struct sockdock_endpoint *endpoint) {
    wit_types_error_code_t error;
    wit_types_endpoint_t found;
    return wit_sockets_remote_endpoint(socket, &found, &error) ? described(&found, endpoint) : sockdock_refusal(error);
}

int sockdock_listener(sockdock_socket socket, char *name, size_t size) {
    wit_types_error_code_t error;
    plugin_full_option_string_t found;
    if (!wit_sockets_listener(socket, &found, &error)) return sockdock_refusal(error);
    if (!found.is_some) found.val = (plugin_full_string_t){0};
    int length = copy_text(&found.val, name, size);
    plugin_full_option_string_free(&found);
    return length;
}

int64_t sockdock_bytes_read(sockdock_socket socket) {
    wit_types_error_code_t error;
    uint64_t bytes;
    return wit_sockets_bytes_read(socket, &bytes, &error) ? (int64_t)bytes : sockdock_refusal(error);
}

int64_t sockdock_bytes_written(sockdock_socket socket) {
    wit_types_error_code_t error;
    uint64_t bytes;
    return wit_sockets_bytes_written(socket, &bytes, &error) ? (int64_t)bytes : sockdock_refusal(error);
}

size_t sockdock_live(sockdock_socket *sockets, size_t capacity) {
    wit_sockets_list_socket_id_t all;
    wit_sockets_live(&all);
    size_t there = all.len, fits = there < capacity ? there : capacity;
    if (fits > 0) memcpy(sockets, all.ptr, fits * sizeof *sockets);
    wit_sockets_list_socket_id_free(&all);
    return there;
}

int sockdock_context(sockdock_socket socket, void *buffer, size_t size) {
    wit_types_error_code_t error;
    plugin_full_list_u8_t found;
    if (!wit_sockets_context(socket, &found, &error)) return sockdock_refusal(error);
    int length = copy(found.ptr, found.len, buffer, size);
    plugin_full_list_u8_free(&found);
    return length;
}

int sockdock_set_context(sockdock_socket socket, const void *bytes, size_t length) {
    plugin_full_list_u8_t context = bytes_of(bytes, length);
    DONE(wit_sockets_set_context(socket, &context, &error));
}

// # TLS and connecting

int sockdock_session(sockdock_socket socket, struct sockdock_session_info *session) {
    wit_types_error_code_t error;
    wit_tls_option_session_info_t found;
    if (!wit_tls_session(socket, &found, &error)) return sockdock_refusal(error);
    if (!found.is_some) return 0;
    *session = (struct sockdock_session_info){.resumed = found.val.resumed, .verified = found.val.verified};
    copy_text(&found.val.version, session->version, sizeof session->version);
    copy_text(&found.val.cipher, session->cipher, sizeof session->cipher);
    if (found.val.server_name.is_some) copy_text(&found.val.server_name.val, session->server_name, sizeof session->server_name);
    if (found.val.alpn.is_some) copy_text(&found.val.alpn.val, session->alpn, sizeof session->alpn);
    wit_tls_option_session_info_free(&found);
    return 1;
}

int sockdock_certificates(sockdock_socket socket) {
    wit_types_error_code_t error;
    plugin_full_list_list_u8_t chain;
    if (!wit_tls_peer_certificates(socket, &chain, &error)) return sockdock_refusal(error);
    int found = count(chain.len);
    plugin_full_list_list_u8_free(&chain);
    return found;
}

int sockdock_certificate(sockdock_socket socket, size_t index, void *buffer, size_t size) {
    wit_types_error_code_t error;
    plugin_full_list_list_u8_t chain;
    if (!wit_tls_peer_certificates(socket, &chain, &error)) return sockdock_refusal(error);
    int length = index < chain.len ? copy(chain.ptr[index].ptr, chain.ptr[index].len, buffer, size) : SOCKDOCK_INVALID_ARGUMENT;
    plugin_full_list_list_u8_free(&chain);
    return length;
}

// As the contract has it; `protocols` is to be freed.
static wit_tls_tls_options_t tls_of(const struct sockdock_tls *tls, plugin_full_string_t **protocols) {
    size_t offered = 0;
    while (tls->alpn != NULL && tls->alpn[offered] != NULL) offered++;
    *protocols = sockdock_allocate(offered * sizeof **protocols + 1);
    for (size_t at = 0; at < offered; at++) (*protocols)[at] = string_of(tls->alpn[at]);
    return (wit_tls_tls_options_t){optional(tls->server_name), {*protocols, offered}, optional(tls->credentials)};
}

int sockdock_upgrade_client(sockdock_socket socket, const struct sockdock_tls *tls) {
    plugin_full_string_t *protocols;
    wit_tls_tls_options_t options = tls_of(tls != NULL ? tls : &(struct sockdock_tls){0}, &protocols);
    wit_types_error_code_t error;
    bool good = wit_tls_upgrade_client(socket, &options, &error);
    free(protocols);
    return good ? 0 : sockdock_refusal(error);
}

int sockdock_upgrade_server(sockdock_socket socket, const char *credentials) {
    plugin_full_string_t name = string_of(credentials);
    DONE(wit_tls_upgrade_server(socket, &name, &error));
}

int sockdock_connect(const char *address, const struct sockdock_connect_options *options, sockdock_socket *made) {
    plugin_full_string_t *protocols = NULL, target = string_of(address);
    wit_outbound_connect_options_t how = {0};
    if (options != NULL) {
        if (options->tls != NULL) how.tls = (wit_outbound_option_tls_options_t){true, tls_of(options->tls, &protocols)};
        if (options->timeout_milliseconds != NULL)
            how.timeout_milliseconds = (plugin_full_option_u32_t){true, *options->timeout_milliseconds};
        how.allow_half_open = options->allow_half_open;
        how.context = bytes_of(options->context, options->context_length);
    }
    wit_types_error_code_t error;
    bool good = wit_outbound_connect(&target, &how, made, &error);
    free(protocols);
    return good ? 0 : sockdock_refusal(error);
}

// # Timers, topics, the log

int sockdock_set_timer(uint64_t token, uint32_t milliseconds) { DONE(wit_timers_set_timer(token, milliseconds, &error)); }
void sockdock_clear_timer(uint64_t token) { wit_timers_clear_timer(token); }

int sockdock_subscribe(sockdock_socket socket, const char *topic) {
    plugin_full_string_t name = string_of(topic);
    DONE(wit_topics_subscribe(socket, &name, &error));
}

int sockdock_unsubscribe(sockdock_socket socket, const char *topic) {
    plugin_full_string_t name = string_of(topic);
    DONE(wit_topics_unsubscribe(socket, &name, &error));
}

int sockdock_publish(const char *topic, const void *bytes, size_t length, sockdock_socket skip) {
    plugin_full_string_t name = string_of(topic);
    plugin_full_list_u8_t data = bytes_of(bytes, length);
    wit_types_error_code_t error;
    uint32_t took;
    bool good = wit_topics_publish(&name, &data, skip == SOCKDOCK_NOBODY ? NULL : &skip, &took, &error);
    return good ? count(took) : sockdock_refusal(error);
}

void sockdock_log(enum sockdock_level level, const char *message) {
    plugin_full_string_t text = string_of(message);
    wit_logging_log((wit_logging_level_t)level, &text);
}

void sockdock_logf(enum sockdock_level level, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    sockdock_log(level, message);
}
