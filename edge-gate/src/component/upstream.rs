//! The import of the component behind the gate, from `wit/upstream.wit`.

spin_sdk::wasip3::wit_bindgen::generate!({
    runtime_path: "spin_sdk::wasip3::wit_bindgen::rt",
    world: "upstream",
    path: "wit",
    with: { "wasi:http/types@0.3.0": spin_sdk::wasip3::http::types },
    generate_all,
});

pub(super) use wasi::http::handler::handle;
