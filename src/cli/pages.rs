//! Manual pages and completions, packed into the binary when it was built.

use std::io::Write as _;

use super::failure::Failure;

/// What `build.rs` packed: each file as NUL, its name, a line end, its text.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pages.gz"));

/// The text of a file; `None` if there is no such file.
pub(super) fn find(name: &str) -> Result<Option<String>, Failure> {
    let mut decoder = flate2::write::GzDecoder::new(Vec::new());
    decoder.write_all(PACKED).map_err(Failure::other)?;
    let all = String::from_utf8(decoder.finish().map_err(Failure::other)?).map_err(Failure::other)?;
    let mut files = all.split('\0').filter_map(|file| file.split_once('\n'));
    Ok(files.find(|(title, _)| *title == name).map(|(_, text)| text.to_owned()))
}
