use super::*;
use proptest::prelude::*;

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct V1 {
    hits: u8,
}
#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct V2 {
    hits: u32,
}
#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct V3 {
    hits: u64,
    names: Vec<String>,
}

impl Versioned for V1 {
    const VERSION: &'static str = "1";
    type Previous = First;
}

impl Versioned for V2 {
    const VERSION: &'static str = "2";
    type Previous = V1;
    fn upgrade(old: V1) -> Result<Self, Failure> {
        if old.hits == 13 {
            return Err("unlucky".into());
        }
        Ok(Self {
            hits: old.hits.into(),
        })
    }
}

impl Versioned for V3 {
    const VERSION: &'static str = "3";
    type Previous = V2;
    fn upgrade(old: V2) -> Result<Self, Failure> {
        Ok(Self {
            hits: old.hits.into(),
            names: vec!["new".into()],
        })
    }
}

#[test]
fn a_chain_is_walked() {
    let old = V1 { hits: 7 }.encode().unwrap();
    assert_eq!(
        V3::decode("1", &old).unwrap(),
        V3 {
            hits: 7,
            names: vec!["new".into()]
        }
    );
}

#[test]
fn a_newer_version_is_refused_and_named() {
    let error = V2::decode("3", &[]).unwrap_err();
    assert_eq!(
        error,
        VersionError::Unknown {
            found: "3".into(),
            known: vec!["1", "2"]
        }
    );
    assert_eq!(
        error.to_string(),
        "version `3` isn't known to this build, which reads `1`, `2`"
    );
}

#[test]
fn a_downgrade_works_where_it_is_provided() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Old {
        hits: u32,
    }
    impl Versioned for Old {
        const VERSION: &'static str = "2";
        type Previous = V1;
        fn decode_other(version: &str, data: &[u8]) -> Option<Result<Self, Failure>> {
            (version == "3").then(|| {
                Ok(Self {
                    hits: V3::decode(version, data)?.hits.try_into()?,
                })
            })
        }
    }
    let fits = V3 {
        hits: 7,
        names: vec![],
    }
    .encode()
    .unwrap();
    assert_eq!(Old::decode("3", &fits).unwrap(), Old { hits: 7 });
    let too_large = V3 {
        hits: 1 << 40,
        names: vec![],
    }
    .encode()
    .unwrap();
    assert!(matches!(
        Old::decode("3", &too_large).unwrap_err(),
        VersionError::Conversion { .. }
    ));
    assert!(matches!(
        Old::decode("4", &fits).unwrap_err(),
        VersionError::Unknown { .. }
    ));
}

#[test]
fn a_failed_upgrade_says_which() {
    let old = V1 { hits: 13 }.encode().unwrap();
    assert_eq!(
        V3::decode("1", &old).unwrap_err().to_string(),
        "version `1` could not be made `2`: unlucky"
    );
}

#[test]
fn other_bytes_under_a_known_version_are_malformed() {
    for bytes in [&[][..], &[1, 2][..]] {
        assert!(
            matches!(
                V1::decode("1", bytes).unwrap_err(),
                VersionError::Malformed { .. }
            ),
            "{bytes:?}"
        );
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(hits: u64, names: Vec<String>) {
        let value = V3 { hits, names };
        let bytes = value.encode().unwrap();
        prop_assert_eq!(bytes.len(), bytes.capacity());
        prop_assert_eq!(V3::decode("3", &bytes).unwrap(), value);
    }

    #[test]
    fn no_bytes_panic(version in "[0-4]", bytes: Vec<u8>) {
        let _ = V3::decode(&version, &bytes);
    }
}
