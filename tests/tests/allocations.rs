//! The promise of the hot path: an event that is served costs no allocation by the host.
#![allow(clippy::unwrap_used)]

use sockdock::{Host, HostConfig, Listen, Plugin};
use sockdock_tests::Guest;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts what is allocated anywhere in the process.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[allow(unsafe_code, reason = "an allocator is unsafe by its nature; this one passes on to the system's")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: as our caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as our caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn an_echo_allocates_nothing() {
    const ROUNDS: u64 = 2_000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let host = Host::new(HostConfig::default()).unwrap();
    let plugin = Plugin::from_file(Guest::named("echo-v1").path()).unwrap();
    let server = runtime.block_on(host.listen(Listen::tcp("127.0.0.1:0"), plugin)).unwrap();
    let mut client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
    client.set_nodelay(true).unwrap();
    // 64 bytes go by the queue, 16 KiB straight from guest memory.
    for size in [64, 16 << 10] {
        let (sent, mut received) = (vec![b'x'; size], vec![0; size]);
        let mut round = || {
            client.write_all(&sent).unwrap();
            client.read_exact(&mut received).unwrap();
        };
        (0..200).for_each(|_| round());
        let before = ALLOCATIONS.load(Relaxed);
        (0..ROUNDS).for_each(|_| round());
        let allocations = ALLOCATIONS.load(Relaxed) - before;
        // Some slack for what isn't the event's: the guest's heap growing, the clock's thread.
        assert!(allocations < ROUNDS / 100, "{allocations} allocations in {ROUNDS} echoes of {size} bytes");
    }
}
