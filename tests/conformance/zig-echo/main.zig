//! Sends back what comes in.

const c = @import("sockdock");

fn onData(socket: c.sockdock_socket, bytes: [*c]const u8, length: usize) callconv(.c) void {
    _ = c.sockdock_write(socket, bytes, length);
}

export const sockdock_plugin: c.struct_sockdock_handlers = .{ .data = onData };
