//! The pages of `web/dist` are embedded; when they are built anew, so is this crate.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
