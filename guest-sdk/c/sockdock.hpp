// The C kit from C++: a class to derive from. README.md is a short lesson; sockdock.h describes each event and call.
//
//     #include "sockdock.hpp"
//
//     struct Echo : sockdock::Plugin {
//         void data(sockdock::Socket socket, std::string_view bytes) override { socket.write(bytes); }
//     };
//
//     SOCKDOCK_PLUGIN(Echo)
//
// Handlers are compiled without exceptions (-fno-exceptions); calls answer as in C: 0 or more, or a negative `sockdock_error`.

#ifndef SOCKDOCK_HPP
#define SOCKDOCK_HPP

#include "sockdock.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockdock {

// A connection: a number, to be copied, kept in maps, put into a state.
class Socket {
  public:
    explicit constexpr Socket(sockdock_socket id) : id_(id) {}

    constexpr sockdock_socket id() const { return id_; }
    constexpr bool operator==(const Socket &other) const { return id_ == other.id_; }
    constexpr bool operator<(const Socket &other) const { return id_ < other.id_; }

    // Queues bytes, from the front; how many were taken. See sockdock_write.
    int write(std::string_view bytes) const { return sockdock_write(id_, bytes.data(), bytes.size()); }
    int flush() const { return sockdock_flush(id_); }
    int queued() const { return sockdock_queued(id_); }
    int end() const { return sockdock_end(id_); }
    int shutdown() const { return sockdock_shutdown(id_); }
    int terminate() const { return sockdock_terminate(id_); }
    int pause() const { return sockdock_pause(id_); }
    int resume() const { return sockdock_resume(id_); }
    int set_auto_pause(bool enabled) const { return sockdock_set_auto_pause(id_, enabled); }
    int set_timeout(uint32_t milliseconds) const { return sockdock_set_timeout(id_, milliseconds); }
    int set_no_delay(bool enabled) const { return sockdock_set_no_delay(id_, enabled); }
    int set_keep_alive(uint32_t milliseconds) const { return sockdock_set_keep_alive(id_, milliseconds); }
    int64_t bytes_read() const { return sockdock_bytes_read(id_); }
    int64_t bytes_written() const { return sockdock_bytes_written(id_); }

    // None once the connection is over.
    std::optional<sockdock_endpoint> local() const { return endpoint(sockdock_local); }
    std::optional<sockdock_endpoint> remote() const { return endpoint(sockdock_remote); }

    // The name of the listener that accepted it; empty for an outbound socket.
    std::string listener() const {
        char name[256];
        return sockdock_listener(id_, name, sizeof name) > 0 ? name : "";
    }

    // The plugin's bytes about this connection, which the host keeps; empty once it is over.
    std::string context() const {
        std::string bytes;
        // Seldom larger than what is asked for first.
        for (int length = 256; length > static_cast<int>(bytes.size());) {
            bytes.resize(static_cast<size_t>(length));
            length = sockdock_context(id_, bytes.data(), bytes.size());
            if (length <= static_cast<int>(bytes.size())) bytes.resize(length < 0 ? 0 : static_cast<size_t>(length)), length = 0;
        }
        return bytes;
    }
    int set_context(std::string_view bytes) const { return sockdock_set_context(id_, bytes.data(), bytes.size()); }

    // None for a plain connection.
    std::optional<sockdock_session_info> session() const {
        sockdock_session_info found;
        return sockdock_session(id_, &found) > 0 ? std::optional(found) : std::nullopt;
    }
    int upgrade_client(const sockdock_tls &tls = {}) const { return sockdock_upgrade_client(id_, &tls); }
    int upgrade_server(const char *credentials) const { return sockdock_upgrade_server(id_, credentials); }

    int subscribe(const std::string &topic) const { return sockdock_subscribe(id_, topic.c_str()); }
    int unsubscribe(const std::string &topic) const { return sockdock_unsubscribe(id_, topic.c_str()); }

  private:
    std::optional<sockdock_endpoint> endpoint(int (*of)(sockdock_socket, sockdock_endpoint *)) const {
        sockdock_endpoint found;
        return of(id_, &found) == 0 ? std::optional(found) : std::nullopt;
    }

    sockdock_socket id_;
};

// All sockets of this instance.
inline std::vector<Socket> live() {
    std::vector<sockdock_socket> ids(sockdock_live(nullptr, 0));
    sockdock_live(ids.data(), ids.size());
    return std::vector<Socket>(ids.begin(), ids.end());
}

// Writes the bytes to every subscriber but `skip`; how many took them.
inline int publish(const std::string &topic, std::string_view bytes, std::optional<Socket> skip = std::nullopt) {
    return sockdock_publish(topic.c_str(), bytes.data(), bytes.size(), skip ? skip->id() : SOCKDOCK_NOBODY);
}

inline void log(sockdock_level level, const std::string &message) { sockdock_log(level, message.c_str()); }

// The value of an operator's setting; none if it wasn't given.
inline std::optional<std::string> config(const std::string &key) {
    const char *value = sockdock_config(key.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

// What one generation of a plugin hands to the next.
struct State {
    std::string version;
    std::string data;
};

// Why `start`, `snapshot` or `restore` failed, for people; none: it went well.
using Failure = std::optional<std::string>;

// The plugin: one value per instance, a method per event. Each has a default that does nothing (but `restore`).
class Plugin {
  public:
    virtual ~Plugin() = default;

    virtual Failure start() { return {}; }
    virtual void open(Socket) {}
    virtual void data(Socket, std::string_view) {}
    virtual void drain(Socket) {}
    virtual void end(Socket) {}
    virtual void timeout(Socket) {}
    // `unverified` is null, or why the peer's certificate isn't good.
    virtual void handshake(Socket, const char *) {}
    virtual void error(Socket, int, const char *) {}
    virtual void close(Socket, const sockdock_close_info &) {}
    virtual void connect_error(Socket, int, const char *) {}
    virtual void fired(uint64_t) {}

    // Fills in what the next generation must know; left alone, it is told nothing.
    virtual Failure snapshot(std::optional<State> &) { return {}; }
    virtual Failure restore(const State &state) {
        return "this plugin takes over no state, and was given version " + state.version;
    }
};

// What SOCKDOCK_PLUGIN makes callbacks of.
template <typename P> struct Exported {
    static P &plugin() {
        static P value;
        return value;
    }

    static const char *told(Failure failure) {
        static std::string reason;
        if (!failure) return nullptr;
        reason = *failure;
        return reason.c_str();
    }

    static const char *snapshot(struct sockdock_state *into) {
        std::optional<State> state;
        Failure failure = plugin().snapshot(state);
        if (state && !failure) {
            sockdock_state_version(into, state->version.c_str());
            sockdock_state_add(into, state->data.data(), state->data.size());
        }
        return told(failure);
    }

    static const char *restore(const char *version, const uint8_t *data, size_t length) {
        return told(plugin().restore({version, std::string(reinterpret_cast<const char *>(data), length)}));
    }

    static std::string_view view(const uint8_t *bytes, size_t length) { return {reinterpret_cast<const char *>(bytes), length}; }

    static constexpr sockdock_handlers handlers() {
        sockdock_handlers all{};
        all.start = [] { return told(plugin().start()); };
        all.open = [](sockdock_socket id) { plugin().open(Socket(id)); };
        all.data = [](sockdock_socket id, const uint8_t *bytes, size_t length) { plugin().data(Socket(id), view(bytes, length)); };
        all.drain = [](sockdock_socket id) { plugin().drain(Socket(id)); };
        all.end = [](sockdock_socket id) { plugin().end(Socket(id)); };
        all.timeout = [](sockdock_socket id) { plugin().timeout(Socket(id)); };
        all.handshake = [](sockdock_socket id, const char *unverified) { plugin().handshake(Socket(id), unverified); };
        all.error = [](sockdock_socket id, int error, const char *message) { plugin().error(Socket(id), error, message); };
        all.close = [](sockdock_socket id, const sockdock_close_info *info) { plugin().close(Socket(id), *info); };
        all.connect_error = [](sockdock_socket id, int error, const char *message) {
            plugin().connect_error(Socket(id), error, message);
        };
        all.fired = [](uint64_t token) { plugin().fired(token); };
        all.snapshot = snapshot;
        all.restore = restore;
        return all;
    }
};

} // namespace sockdock

// Makes a component of a class derived from sockdock::Plugin. Once per plugin.
#define SOCKDOCK_PLUGIN(plugin) \
    extern "C" const struct sockdock_handlers sockdock_plugin = sockdock::Exported<plugin>::handlers();

#endif
