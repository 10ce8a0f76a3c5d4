// A chat: the first line is one's name, each other one goes to everybody else. Names survive reloads, as contexts, and so does the number of
// lines that were spoken, as state.

#include "sockdock.hpp"

#include <map>

struct Chat : sockdock::Plugin {
    // What has come of a line that hasn't ended, by the connection.
    std::map<sockdock::Socket, std::string> begun;
    unsigned long lines = 0;

    void open(sockdock::Socket socket) override { socket.write("your name?\n"); }

    void data(sockdock::Socket socket, std::string_view bytes) override {
        std::string &rest = begun[socket] += bytes;
        for (size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) said(socket, rest.substr(0, end));
    }

    void said(sockdock::Socket socket, const std::string &line) {
        std::string name = socket.context();
        if (name.empty()) {
            socket.set_context(line);
            socket.subscribe("room");
            int others = sockdock::publish("room", line + " is here\n", socket);
            socket.write("hello " + line + ", " + std::to_string(others) + " are here\n");
            return;
        }
        sockdock::publish("room", name + ": " + line + "\n", socket);
        socket.write("line " + std::to_string(++lines) + "\n");
    }

    void close(sockdock::Socket socket, const sockdock_close_info &) override {
        std::string name = socket.context();
        if (!name.empty()) sockdock::publish("room", name + " has left\n");
        begun.erase(socket);
    }

    sockdock::Failure snapshot(std::optional<sockdock::State> &state) override {
        state = {"chat-1", std::to_string(lines)};
        return {};
    }

    sockdock::Failure restore(const sockdock::State &state) override {
        if (state.version != "chat-1") return "unknown version " + state.version;
        lines = std::stoul(state.data);
        return {};
    }
};

SOCKDOCK_PLUGIN(Chat)
