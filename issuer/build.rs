//! The migrations are compiled in; cargo has to be told that they are inputs.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
