// Sends back what comes in.

#include "plugin.h"

void exports_socket_handlers_data(types_socket_id_t socket, plugin_list_u8_t *data) {
    uint32_t taken;
    types_error_code_t error;
    // Never short: while the peer reads more slowly than it sends, the host delivers no more. It fails only when the
    // connection is gone, which `close` will tell.
    sockets_write(socket, data, &taken, &error);
    plugin_list_u8_free(data);
}

void exports_socket_handlers_open(types_socket_id_t socket) {}

void exports_socket_handlers_drain(types_socket_id_t socket) {}

// The host sends what is queued, and closes.
void exports_socket_handlers_end(types_socket_id_t socket) {}

void exports_socket_handlers_timeout(types_socket_id_t socket) {}

void exports_socket_handlers_handshake(types_socket_id_t socket,
                                       exports_socket_handlers_result_void_string_t *verified) {
    exports_socket_handlers_result_void_string_free(verified);
}

void exports_socket_handlers_error(types_socket_id_t socket, types_socket_error_t *error) {
    types_socket_error_free(error);
}

void exports_socket_handlers_close(types_socket_id_t socket, types_close_info_t *info) {
    types_close_info_free(info);
}

void exports_socket_handlers_connect_error(types_socket_id_t socket, types_socket_error_t *error) {
    types_socket_error_free(error);
}
