//! Spin's interfaces, from `wit/host.wit`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "imports",
    with: {
        "spin:key-value/key-value.store": crate::imports::OpenStore,
        "spin:redis/redis.connection": crate::outbound_redis::PooledConnection,
    },
    imports: {
        "spin:key-value/key-value.[method]store.get-keys": async | store | trappable,
        "spin:key-value/key-value.[static]store.open": async | store | trappable,
        "spin:key-value/key-value.[drop]store": trappable,
        "spin:redis/redis.[static]connection.open": async | store | trappable,
        "spin:redis/redis.[method]connection.execute": async | store | trappable,
        "spin:redis/redis.[drop]connection": trappable,
    },
});

/// The key-value store, opened by a component.
#[expect(unreachable_pub, reason = "the generated interfaces re-export it")]
pub struct OpenStore;
