use crate::Output;

pub(crate) fn outputs() -> Vec<Output> {
    Vec::new()
}
