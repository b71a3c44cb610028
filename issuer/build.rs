//! Declares the migrations, which are compiled in, as inputs.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
