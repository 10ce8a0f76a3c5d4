use super::*;
use crate::clock::test::put_forward;
use proptest::prelude::*;
use sockdock_guest::{First, State, Versioned};

/// What the store should count for itself.
fn counted(store: &Store) -> usize {
    store.entries.iter().map(|(key, entry)| ENTRY + key.len() + entry.value.size()).sum()
}

/// Sizes as they are, not as they were counted on the way.
fn measured(value: &Value) -> usize {
    use value::PART;
    match value {
        Value::Text(text) => text.len(),
        Value::List(list) => list.range(0, -1).map(|item| item.len() + PART).sum(),
        Value::Hash(hash) => hash.iter().map(|(field, value)| field.len() + value.len() + 2 * PART).sum(),
        Value::Set(set) => set.iter().map(|member| member.len() + 2 * PART).sum(),
        Value::SortedSet(set) => set.memory(),
    }
}

#[test]
fn what_was_cleared_is_freed_in_portions() {
    let mut store = Store::default();
    (0..10u8).for_each(|i| store.set(&[i], b"x", false));
    store.set_expiry(&[1], Some(i64::MAX));
    store.clear();
    assert_eq!((store.len(), store.used(), store.contains(&[1]), store.next_expiry()), (0, 0, false, None));
    assert!(store.has_trash());
    assert!(store.sweep(9));
    assert!(!store.sweep(9));
    assert!(!store.has_trash());
}

#[test]
fn a_large_value_is_freed_in_portions() {
    let mut store = Store::default();
    store.change_or_create(b"k", |list: &mut List| (0..40_000).for_each(|_| list.push(End::Left, b"x"))).unwrap();
    assert!(store.remove(b"k"));
    assert_eq!(store.used(), 0);
    assert!(store.sweep(30_000));
    assert!(!store.sweep(30_000));
}

#[test]
fn a_key_whose_time_has_come_does_not_exist() {
    let mut store = Store::default();
    for key in [b"a", b"b", b"c"] {
        store.set(key, b"1", false);
        let now = store.clock.now();
        store.set_expiry(key, Some(now + 3_600_000));
    }
    // The real clock goes on beside this, but not by half an hour.
    put_forward(1_800_000);
    store.clock.tick();
    store.set_expiry(b"c", None);
    put_forward(3_600_000);
    store.clock.tick();
    assert!(!store.contains(b"a"));
    assert_eq!(store.keys().collect::<Vec<_>>(), [b"c"]);
    assert!(!store.remove(b"a"));
    // A new value has no expiry time from the old one.
    store.set(b"b", b"2", true);
    assert_eq!(store.expiry(b"b"), Some(None));
    assert_eq!((store.len(), store.expiring()), (2, 0));
}

#[test]
fn a_popped_member_is_any() {
    let mut firsts = BTreeSet::new();
    for _ in 0..200 {
        let mut set = Set::default();
        (0..4u8).for_each(|member| assert!(set.add(&[member])));
        firsts.insert(set.pop().unwrap().to_vec());
        assert_eq!(set.len(), 3);
    }
    // By chance it fails once in 10^24 runs.
    assert_eq!(firsts.len(), 4);
}

#[test]
fn ranges_of_a_list() {
    let mut list = List::default();
    (0..5u8).for_each(|item| list.push(End::Right, &[item]));
    let range = |start, stop| list.range(start, stop).map(|item| item[0]).collect::<Vec<_>>();
    assert_eq!(range(0, -1), [0, 1, 2, 3, 4]);
    assert_eq!(range(1, 2), [1, 2]);
    assert_eq!(range(-2, 100), [3, 4]);
    assert_eq!(range(-100, 0), [0]);
    for (start, stop) in [(3, 2), (5, 9), (0, -6), (i64::MAX, i64::MIN), (-1, -2)] {
        assert!(range(start, stop).is_empty(), "{start} {stop}");
    }
    assert_eq!(range(i64::MIN, i64::MAX).len(), 5);
}

#[test]
fn the_first_version_is_read() {
    let entries = [(ByteBuf::from("k"), ByteBuf::from("v"))].into();
    let store = Store::from(StoreV1 { entries, used: 66 });
    assert_eq!(store.get::<ByteBuf>(b"k"), Ok(Some(&ByteBuf::from("v"))));
    assert_eq!(store.used(), counted(&store));
}

#[derive(Serialize, Deserialize)]
struct Whole(Store);

impl Versioned for Whole {
    const VERSION: &'static str = "1";
    type Previous = First;
}

/// As after a reload.
fn reloaded(store: Store) -> Store {
    let Whole(mut store) = State::save(&Whole(store)).unwrap().load().unwrap();
    store.restored();
    store
}

proptest! {
    #[test]
    fn it_counts_its_bytes(steps in prop::collection::vec((0u8..12, 0u8..5, 0u8..6, 0usize..20), 0..200)) {
        let mut store = Store::default();
        for (kind, key, part, length) in steps {
            let (key, part, bytes) = (&[key][..], &[part][..], vec![b'x'; length]);
            match kind {
                0 => store.set(key, &bytes, length % 2 == 0),
                1 => drop(store.change_or_create(key, |list: &mut List| list.push(End::Left, &bytes))),
                2 => drop(store.change(key, |list: &mut List| list.pop(End::Right))),
                3 => drop(store.change_or_create(key, |hash: &mut Hash| hash.set(part, &bytes))),
                4 => drop(store.change(key, |hash: &mut Hash| hash.remove(part))),
                5 => drop(store.change_or_create(key, |set: &mut Set| set.add(part))),
                6 => drop(store.change(key, |set: &mut Set| set.remove(part))),
                7 => drop(store.change_or_create(key, |set: &mut SortedSet| set.set(part, length as f64))),
                8 => drop(store.change(key, SortedSet::pop_min)),
                9 => drop(store.remove(key)),
                10 => store.set_expiry(key, Some(i64::MAX - length as i64)),
                _ => store.set_expiry(key, (length > 10).then_some(1)),
            }
            prop_assert_eq!(store.used(), counted(&store));
            prop_assert!(store.entries.values().all(|entry| entry.value.size() == measured(&entry.value)));
            let expiring: BTreeSet<_> = store.entries.iter().filter_map(|(key, entry)| Some((entry.expires?, key.clone()))).collect();
            prop_assert_eq!(&store.expiring, &expiring);
        }
        let before = format!("{:?} {} {:?}", store.entries, store.used, store.expiring);
        let store = reloaded(store);
        prop_assert_eq!(format!("{:?} {} {:?}", store.entries, store.used, store.expiring), before);
    }

    #[test]
    fn a_set_agrees_with_another(steps in prop::collection::vec((0u8..3, 0u8..8), 0..100)) {
        let (mut set, mut model) = (Set::default(), BTreeSet::new());
        for (kind, member) in steps {
            match kind {
                0 => prop_assert_eq!(set.add(&[member]), model.insert(vec![member])),
                1 => prop_assert_eq!(set.remove(&[member]), model.remove(&vec![member])),
                _ => {
                    let popped = set.pop();
                    prop_assert_eq!(popped.is_some(), !model.is_empty());
                    prop_assert!(popped.is_none_or(|member| model.remove(&member.to_vec())));
                }
            }
            let members: BTreeSet<_> = set.iter().map(<[u8]>::to_vec).collect();
            prop_assert_eq!(&members, &model);
            prop_assert!(model.iter().all(|member| set.contains(member)));
        }
    }

    #[test]
    fn a_sorted_set_pops_in_order(members in prop::collection::vec((0u8..20, -5i8..5), 0..60)) {
        let (mut set, mut model) = (SortedSet::default(), BTreeMap::new());
        for (member, score) in members {
            set.set(&[member], f64::from(score));
            model.insert(member, score);
        }
        let mut expected: Vec<_> = model.into_iter().map(|(member, score)| (score, member)).collect();
        expected.sort();
        let popped: Vec<_> = std::iter::from_fn(|| set.pop_min()).map(|(member, score)| (score as i8, member[0])).collect();
        prop_assert_eq!(popped, expected);
        prop_assert_eq!(set.memory(), 0);
    }
}
