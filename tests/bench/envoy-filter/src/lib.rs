//! What a handler of Envoy's would begin with: it takes each chunk that a client sent into its own memory, looks at all of
//! it, and lets it pass to the next filter, which sends it back.

use proxy_wasm::{
    traits::{Context, StreamContext},
    types::Action,
};
use std::hint::black_box;

proxy_wasm::main! {{
    proxy_wasm::set_stream_context(|_, _| Box::new(Reader::default()));
}}

/// One per connection.
#[derive(Default)]
struct Reader {
    sum: u64,
}

impl Context for Reader {}

impl StreamContext for Reader {
    fn on_downstream_data(&mut self, size: usize, _ended: bool) -> Action {
        // The end of a connection comes without a chunk.
        if let Some(chunk) = (size > 0).then(|| self.get_downstream_data(0, size)).flatten() {
            self.sum = black_box(self.sum.wrapping_add(sum(&chunk)));
        }
        Action::Continue
    }
}

/// By words: measured, about 3 % of what a chunk of 16 KiB costs Envoy.
fn sum(chunk: &[u8]) -> u64 {
    let words = chunk.chunks_exact(8);
    let rest = words.remainder().iter().fold(0, |sum, byte| sum + u64::from(*byte));
    words.flat_map(<[u8; 8]>::try_from).fold(rest, |sum, word| sum.wrapping_add(u64::from_le_bytes(word)))
}
