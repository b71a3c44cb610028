using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "bundle/worker.js"),
    (name = "verifier_wasm.wasm", wasm = embed "bundle/verifier_wasm.wasm"),
    (name = "kernel_simd.wasm", wasm = embed "bundle/kernel_simd.wasm"),
    (name = "status_wasm.wasm", wasm = embed "bundle/status_wasm.wasm"),
  ],
  # Set by the test.
  compatibilityDate = "COMPATIBILITY_DATE",
);
