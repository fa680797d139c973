//! Packs the manual pages and completions, which `tests/it/reference.rs` makes from the command line,
//! for `ringback man` and `ringback completions`: 14 kB, and no crate more in the daemon.

use std::io::Write as _;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let mut files = Vec::new();
    for directory in ["packaging/completions", "packaging/man"] {
        println!("cargo::rerun-if-changed={directory}");
        for entry in std::fs::read_dir(directory)? {
            files.push(entry?.path());
        }
    }
    files.sort();
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    let packed = std::fs::File::create(Path::new(&out).join("pages.gz"))?;
    let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::best());
    for file in files {
        let name = file.file_name().unwrap_or_default();
        // A NUL, which no text holds, then the name on a line of its own, then the text.
        writeln!(packed, "\0{}", name.display())?;
        packed.write_all(&std::fs::read(&file)?)?;
    }
    packed.finish()?.flush()?;
    link_small();
    Ok(())
}

/// Has the linker keep one of several functions that are the same, and write relocations in their short form: 3 % smaller.
/// Asked for by a variable, since not every linker knows the first, and only glibc since 2.36 the second. It is
/// for the GNU target, which Rust links with lld.
fn link_small() {
    println!("cargo::rerun-if-env-changed=RINGBACK_LINK_SMALL");
    let gnu = std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu");
    if gnu && std::env::var_os("RINGBACK_LINK_SMALL").is_some() {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all,-z,pack-relative-relocs");
    }
}
