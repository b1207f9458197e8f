//! Spellings that the generators share.

/// `list_biomarkers` as `listBiomarkers`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut out, word| {
        let mut characters = word.chars();
        out.extend(characters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(characters.as_str());
        out
    })
}

/// A doc comment's lines, without the blank that rustdoc leaves in front.
pub(crate) fn lines(docs: &[&str]) -> Vec<String> {
    docs.iter().map(|line| line.trim().to_owned()).collect()
}
