//! The gate for hosts that know WASI alone: what it imports, and its settings in the environment.
//! These tests are such a host themselves.

use std::sync::OnceLock;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use serde_json::Value;
use test_support::claims::access_claims;
use test_support::signer::Signer;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p3::Request;
use wasmtime_wasi_http::p3::bindings::Service;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView, default_hooks};

use crate::support::{gate_app, gate_for_wasi, now};

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: default_hooks(), table: &mut self.table, ctx: &mut self.http }
    }
}

/// Returns the component without checks behind the gate, composed as `wac plug` does it.
fn composed() -> Option<&'static (Engine, Component)> {
    static COMPOSED: OnceLock<Option<(Engine, Component)>> = OnceLock::new();
    COMPOSED
        .get_or_init(|| {
            let (gate, app) = (gate_for_wasi()?, gate_app()?);
            let mut graph = CompositionGraph::new();
            let [gate, app] = [("gate", gate), ("app", app)].map(|(name, path)| {
                let bytes = std::fs::read(path).expect("the component is there");
                let package = Package::from_bytes(name, None, bytes, graph.types_mut());
                graph.register_package(package.expect("a component")).expect("registered")
            });
            plug(&mut graph, vec![app], gate).expect("they fit");
            let bytes = graph.encode(EncodeOptions::default()).expect("encoded");
            let mut config = Config::new();
            config.wasm_component_model_async(true);
            let engine = Engine::new(&config).expect("an engine");
            let component = Component::new(&engine, bytes).expect("a component");
            Some((engine, component))
        })
        .as_ref()
}

/// Sends a request to an instance with this environment, and returns the status and the code of the
/// response.
async fn respond(
    (engine, component): &(Engine, Component),
    environment: &[(&str, &str)],
    authorization: Option<&str>,
) -> (u16, Option<String>) {
    let mut linker = Linker::<State>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("linked");
    wasmtime_wasi::p3::add_to_linker(&mut linker).expect("linked");
    wasmtime_wasi_http::p3::add_to_linker(&mut linker).expect("linked");
    let wasi = WasiCtx::builder().envs(environment).build();
    let state = State { table: ResourceTable::new(), wasi, http: WasiHttpCtx::new() };
    let mut store = Store::new(engine, state);
    let service = Service::instantiate_async(&mut store, component, &linker)
        .await
        .expect("it needs nothing but WASI");
    let mut request = http::Request::get("http://edge.test/x");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let (request, _) = Request::from_http(default_hooks(), request);
    let (status, body) = store
        .run_concurrent(async |accessor| {
            let response =
                service.handle(accessor, request).await.expect("no trap").expect("a response");
            let response = accessor
                .with(|store| response.into_http(store, async { Ok(()) }))
                .expect("a response");
            let status = response.status().as_u16();
            (status, response.into_body().collect().await.expect("a body").to_bytes())
        })
        .await
        .expect("no trap");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    (status, body["code"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn its_settings_are_the_environment_and_a_missing_or_misspelt_one_closes_it() {
    let Some(composed) = composed() else { return };
    let signer = Signer::generated("k1");
    let pem = signer.public_pem();
    let bearer = format!("Bearer {}", signer.token(&access_claims(now())));
    let key = ("JWT_GATE_PUBLIC_KEY", pem.as_str());
    let refused = |status, code: &str| (status, Some(code.to_owned()));
    for (environment, authorization, expected) in [
        (vec![key], None, refused(401, "not_authenticated")),
        (vec![key], Some(&bearer), (200, None)),
        (vec![], Some(&bearer), refused(503, "keys_not_configured")),
        (vec![("JWT_GATE_PUBLIC_KEY", " ")], Some(&bearer), refused(503, "keys_not_configured")),
        (vec![("PUBLIC_KEY", &pem)], Some(&bearer), refused(503, "keys_not_configured")),
        (
            vec![key, ("JWT_GATE_ACESS_RULES", "[]")],
            Some(&bearer),
            refused(503, "variables_unavailable"),
        ),
        (
            vec![key, ("jwt_gate_access_rules", "[]")],
            Some(&bearer),
            refused(503, "variables_unavailable"),
        ),
        (vec![key, ("JWT_GATE_LEEWAY", "x")], Some(&bearer), refused(503, "setting_invalid")),
        (
            vec![key, ("JWT_GATE_REVOCATION", "redis"), ("JWT_GATE_REDIS_URL", "redis://a")],
            Some(&bearer),
            refused(503, "setting_invalid"),
        ),
        (vec![key, ("OTHER", "x")], Some(&bearer), (200, None)),
    ] {
        let authorization = authorization.map(String::as_str);
        let response = respond(composed, &environment, authorization).await;
        let names: Vec<_> = environment.iter().map(|(name, _)| *name).collect();
        assert_eq!(response, expected, "{names:?} {authorization:?}");
    }
}
