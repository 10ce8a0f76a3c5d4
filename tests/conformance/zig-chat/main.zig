//! A chat: the first line is one's name, each other one goes to everybody else. Names survive reloads, as contexts, and so does the number of
//! lines that were spoken, as state. `cpp-chat` is the same, and takes over from this one.

const std = @import("std");
const c = @import("sockdock");

const Socket = c.sockdock_socket;
const memory = std.heap.c_allocator;

/// What has come of a line that hasn't ended.
const Begun = std.ArrayList(u8);

var lines: u64 = 0;

/// The line that this connection has begun.
fn begunBy(socket: Socket) *Begun {
    if (c.sockdock_data(socket)) |known| return @ptrCast(@alignCast(known));
    const begun = memory.create(Begun) catch @panic("out of memory");
    begun.* = .empty;
    if (c.sockdock_set_data(socket, begun) != 0) @panic("out of memory");
    return begun;
}

fn write(socket: Socket, comptime format: []const u8, values: anytype) void {
    const text = std.fmt.allocPrint(memory, format, values) catch @panic("out of memory");
    defer memory.free(text);
    _ = c.sockdock_write(socket, text.ptr, text.len);
}

/// To everybody but `skip`; how many those are.
fn publish(skip: Socket, comptime format: []const u8, values: anytype) c_int {
    const text = std.fmt.allocPrint(memory, format, values) catch @panic("out of memory");
    defer memory.free(text);
    return c.sockdock_publish("room", text.ptr, text.len, skip);
}

/// The name that was given, empty before.
fn nameOf(socket: Socket, buffer: []u8) []const u8 {
    const length = c.sockdock_context(socket, buffer.ptr, buffer.len);
    return buffer[0..@min(buffer.len, @max(0, length))];
}

fn onOpen(socket: Socket) callconv(.c) void {
    write(socket, "your name?\n", .{});
}

fn onData(socket: Socket, bytes: [*c]const u8, length: usize) callconv(.c) void {
    const begun = begunBy(socket);
    begun.appendSlice(memory, bytes[0..length]) catch @panic("out of memory");
    while (std.mem.indexOfScalar(u8, begun.items, '\n')) |end| {
        said(socket, begun.items[0..end]);
        begun.replaceRange(memory, 0, end + 1, "") catch unreachable;
    }
}

fn said(socket: Socket, line: []const u8) void {
    var buffer: [256]u8 = undefined;
    const name = nameOf(socket, &buffer);
    if (name.len == 0) {
        _ = c.sockdock_set_context(socket, line.ptr, line.len);
        _ = c.sockdock_subscribe(socket, "room");
        const others = publish(socket, "{s} is here\n", .{line});
        return write(socket, "hello {s}, {d} are here\n", .{ line, others });
    }
    _ = publish(socket, "{s}: {s}\n", .{ name, line });
    lines += 1;
    write(socket, "line {d}\n", .{lines});
}

fn onClose(socket: Socket, _: [*c]const c.struct_sockdock_close_info) callconv(.c) void {
    var buffer: [256]u8 = undefined;
    const name = nameOf(socket, &buffer);
    if (name.len > 0) _ = publish(c.SOCKDOCK_NOBODY, "{s} has left\n", .{name});
    if (c.sockdock_data(socket)) |known| {
        const begun: *Begun = @ptrCast(@alignCast(known));
        begun.deinit(memory);
        memory.destroy(begun);
    }
}

fn onSnapshot(state: ?*c.struct_sockdock_state) callconv(.c) [*c]const u8 {
    var buffer: [32]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, "{d}", .{lines}) catch unreachable;
    c.sockdock_state_version(state, "chat-1");
    c.sockdock_state_add(state, text.ptr, text.len);
    return null;
}

fn onRestore(version: [*c]const u8, data: [*c]const u8, length: usize) callconv(.c) [*c]const u8 {
    if (!std.mem.eql(u8, std.mem.span(version), "chat-1")) return "unknown version";
    lines = std.fmt.parseInt(u64, data[0..length], 10) catch return "no number";
    return null;
}

export const sockdock_plugin: c.struct_sockdock_handlers = .{
    .open = onOpen,
    .data = onData,
    .close = onClose,
    .snapshot = onSnapshot,
    .restore = onRestore,
};
