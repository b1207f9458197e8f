//! The header `traceparent` of W3C Trace Context (level 1, section 3.2): which texts are one.

use crate::config::invalid;
use crate::error::Error;

/// What a version that is not known yet may have grown to.
const LONGEST: usize = 256;

/// The header as an app gave it: a wrong one is a mistake that it wants to hear of.
pub(crate) fn given(text: String) -> Result<String, Error> {
    if is_traceparent(&text) {
        return Ok(text);
    }
    Err(invalid("traceparent", "must be a header of W3C Trace Context, 00-…-…-01"))
}

/// Version, trace, parent and flags, in lower-case hex. A later version than 00 may have more after them.
pub(crate) fn is_traceparent(text: &str) -> bool {
    let mut parts = text.splitn(5, '-');
    let mut hex = |length| {
        parts
            .next()
            .filter(|part| part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
    };
    let (Some(version), Some(trace), Some(parent), Some(_flags)) = (hex(2), hex(32), hex(16), hex(2)) else {
        return false;
    };
    let is_id = |part: &str| part.bytes().any(|digit| digit != b'0');
    let rest_is_known = match parts.next() {
        None => true,
        // A comma would be the seam between two headers that a server made one of.
        Some(rest) => {
            version != "00" && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') && text.len() <= LONGEST
        }
    };
    version != "ff" && is_id(trace) && is_id(parent) && rest_is_known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_standard_allows_is_sent_on() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for known in
            [good.to_owned(), good.replace("00-4b", "cc-4b"), format!("{}-what.comes", good.replace("00-4b", "01-4b"))]
        {
            assert!(is_traceparent(&known), "{known}");
        }
        for wrong in [
            String::new(),
            format!("{good}-more"),
            format!("{good}-"),
            format!(" {good}"),
            format!("{good}, {good}"),
            format!("{},{good}", good.replace("00-4b", "01-4b")),
            format!("{}-x,{good}", good.replace("00-4b", "01-4b")),
            format!("{}-{}", good.replace("00-4b", "01-4b"), "x".repeat(LONGEST)),
            format!("{}-a\r\nb", good.replace("00-4b", "01-4b")),
            good.replace("00-4b", "ff-4b"),
            good.to_uppercase(),
            good.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            good.replace("00f067aa0ba902b7", &"0".repeat(16)),
            good.replace("4bf9", "4bg9"),
            good.replace("-01", "-1"),
            good.replace('-', ""),
        ] {
            assert!(!is_traceparent(&wrong), "{wrong}");
        }
    }
}
