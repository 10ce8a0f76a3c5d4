use super::*;
use proptest::prelude::*;

fn beginning(queue: &Outbound, n: usize) -> Vec<u8> {
    let mut slices = vec![IoSlice::new(&[]); 200];
    let (count, bytes) = queue.gather(n, &mut slices);
    let all: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
    assert_eq!(all.len(), bytes);
    all
}

fn content(queue: &Outbound) -> Vec<u8> {
    beginning(queue, usize::MAX)
}

fn capacity(queue: &Outbound) -> Option<usize> {
    if let Outbound::Ring(ring) = queue { Some(ring.capacity()) } else { None }
}

#[test]
fn an_empty_queue_holds_no_memory() {
    let (mut pool, mut queue) = (Pool::default(), Outbound::default());
    queue.push(&mut pool, &[7; 1000]);
    queue.sent(&mut pool, 1000);
    assert_eq!(capacity(&queue), Some(0));
    assert_eq!(pool.free.len(), 1);
}

#[test]
fn it_is_no_larger_than_a_ring() {
    assert_eq!(size_of::<Outbound>(), size_of::<VecDeque<u8>>());
}

#[test]
fn what_never_held_anything_is_not_kept() {
    let (mut pool, mut queue) = (Pool::default(), Outbound::default());
    queue.truncate(&mut pool, 0);
    assert!(pool.free.is_empty());
}

#[test]
fn a_large_buffer_is_not_kept() {
    let (mut pool, mut queue) = (Pool::default(), Outbound::default());
    queue.push(&mut pool, &vec![7; KEEP_CAPACITY * 2]);
    queue.sent(&mut pool, KEEP_CAPACITY * 2);
    assert!(pool.free.is_empty());
}

#[test]
fn what_is_published_is_there_once() {
    let (mut pool, message) = (Pool::default(), Bytes::from(vec![7; 1 << 20]));
    let mut queues: Vec<Outbound> = (0..100).map(|_| Outbound::default()).collect();
    for queue in &mut queues {
        queue.push(&mut pool, b"own");
        queue.share(&mut pool, &message);
        let mut slices = [IoSlice::new(&[]); SLICES];
        assert_eq!(queue.gather(usize::MAX, &mut slices), (2, 3 + message.len()));
        assert_eq!(slices[1].as_ptr(), message.as_ptr(), "a copy");
    }
    assert!(!message.is_unique());
    for queue in &mut queues {
        queue.sent(&mut pool, 3 + message.len());
        assert_eq!(capacity(queue), Some(0), "an empty queue that holds memory");
    }
    assert!(message.is_unique());
    // For the next time.
    assert_eq!((pool.free.len(), pool.mixed.len()), (KEEP_BUFFERS, KEEP_BUFFERS));
}

#[test]
fn what_is_short_is_copied() {
    let (mut pool, mut queue) = (Pool::default(), Outbound::default());
    queue.share(&mut pool, &Bytes::from(vec![7; SHARE_FROM - 1]));
    assert!(capacity(&queue).is_some());
}

#[test]
fn a_queue_with_many_pieces_goes_in_several_writes() {
    let (mut pool, mut queue) = (Pool::default(), Outbound::default());
    let message = Bytes::from(vec![7; SHARE_FROM]);
    (0..SLICES + 3).for_each(|_| queue.share(&mut pool, &message));
    let mut slices = [IoSlice::new(&[]); SLICES];
    assert_eq!(queue.gather(queue.len(), &mut slices), (SLICES, SLICES * SHARE_FROM));
    queue.sent(&mut pool, SLICES * SHARE_FROM);
    assert_eq!(queue.gather(queue.len(), &mut [IoSlice::new(&[]); SLICES]).0, 3);
}

proptest! {
    #[test]
    fn behaves_like_a_vector(ops in proptest::collection::vec((0u8..4, 0usize..5000), 0..60)) {
        let (mut pool, mut queue, mut model) = (Pool::default(), Outbound::default(), Vec::<u8>::new());
        let mut next = 0u8;
        for (op, n) in ops {
            let mut data = || -> Vec<u8> { (0..n).map(|_| { next = next.wrapping_add(1); next }).collect() };
            match op {
                0 => {
                    let data = data();
                    queue.push(&mut pool, &data);
                    model.extend(&data);
                }
                1 => {
                    let data = data();
                    queue.share(&mut pool, &Bytes::copy_from_slice(&data));
                    model.extend(&data);
                }
                2 => {
                    queue.sent(&mut pool, n);
                    model.drain(..n.min(model.len()));
                }
                _ => {
                    queue.truncate(&mut pool, n);
                    model.truncate(n);
                }
            }
            prop_assert_eq!(queue.len(), model.len());
            prop_assert_eq!(content(&queue), model.clone());
            prop_assert_eq!(beginning(&queue, n), model[..n.min(model.len())].to_vec());
            if let Some(slices) = queue.ring(n) {
                prop_assert_eq!([&*slices[0], &*slices[1]].concat(), model[..n.min(model.len())].to_vec());
            }
            prop_assert_eq!(model.is_empty(), capacity(&queue) == Some(0));
        }
    }
}
