//! The real server on a free port, with keys, a database, and a clock that the test sets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use chrono::{DateTime, Utc};
use issuer::clock::Clock;
use issuer::http::{
    self, AllowedOrigins, Connections, Issuer, IssuerSettings, LoginLimits, TrustedProxies,
};
use issuer::keys::{
    AcceptedClaims, IssuerKeys, KeyBits, KeyDirectory, LiveKeys, OtherClaims, TrustedKeyFiles,
};
use issuer::model::TokenProfile;
use issuer::random::{Random, RandomError};
use issuer::storage::{self, Storage};
use issuer::token::Lifetimes;
use issuer::users::{
    Changes, ClaimsChange, HashingLimits, LastAdministrator, NewUser, PasswordHasher, Profile, User,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use verifier_core::DEFAULT_FUTURE_LEEWAY_SECONDS;
use zeroize::Zeroizing;

use crate::database::TestDatabase;
use crate::http::{Request, Response, request};
use crate::response_checker::ResponseChecker;

/// 2026-01-01T00:00:00Z.
pub(crate) const START: i64 = 1_767_225_600;
pub(crate) const PASSWORD: &str = "testpass123";
/// Cheap parameters: these tests do not measure hashing.
pub(crate) const CHEAP_HASHING: HashingLimits =
    HashingLimits { memory_kib: 64, passes: 1, concurrent: 2, waiting: 64 };

pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Seconds since [`START`].
    pub(crate) fn elapsed(&self) -> i64 {
        self.0.load(Ordering::SeqCst) - START
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0.load(Ordering::SeqCst), 500_000_000)
            .expect("a year in range")
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.elapsed().unsigned_abs())
    }
}

/// Counts instead of drawing random numbers: the first 16 bytes are 0...01, the next 0...02.
struct CountingRandom(AtomicU64);

impl Random for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        let number = (self.0.fetch_add(1, Ordering::SeqCst) + 1).to_be_bytes();
        bytes.fill(0);
        for (byte, digit) in bytes.iter_mut().rev().zip(number.iter().rev()) {
            *byte = *digit;
        }
        Ok(())
    }
}

/// Keys made once for all tests: making them is slow.
pub(crate) fn shared_keys() -> &'static Path {
    static KEYS: OnceLock<TempDir> = OnceLock::new();
    KEYS.get_or_init(|| {
        let directory = TempDir::new().expect("a temporary directory");
        KeyDirectory::new(directory.path())
            .generate(KeyBits::Rsa2048, false, DateTime::UNIX_EPOCH)
            .expect("a key");
        directory
    })
    .path()
}

/// The active private key among `keys`, as PEM.
pub(crate) fn private_pem(keys: &Path) -> String {
    let kid = KeyDirectory::new(keys).load().expect("good keys").signing.kid().to_owned();
    std::fs::read_to_string(keys.join(format!("{kid}.private.pem"))).expect("a private key")
}

/// Reports why a test is skipped. Writes to standard error directly, because the test harness
/// hides the output of passed tests.
pub(crate) fn skipped(reason: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// The profile of an issuer that has a public URL and no other settings of its tokens.
pub(crate) fn profile_of(public_url: &str) -> TokenProfile {
    let issuer = public_url.to_owned();
    TokenProfile { issuer, audiences: Vec::new(), is_at_jwt: false, client_id: None }
}

pub(crate) struct Options {
    pub(crate) origins: AllowedOrigins,
    pub(crate) hashing: HashingLimits,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) future_leeway: u64,
    pub(crate) rotation: bool,
    pub(crate) public_url: Option<&'static str>,
    pub(crate) redis_url: Option<String>,
    /// Off by default, because the tests use one address and mostly one user.
    pub(crate) limits: LoginLimits,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) connections: Connections,
    /// The issuer's keys, when they are not those that all tests share.
    pub(crate) keys: Option<IssuerKeys>,
    /// The profile of tokens, when it is not the default one of the public URL.
    pub(crate) profile: Option<TokenProfile>,
    /// Accepted `iss` and `aud` beside those of the profile.
    pub(crate) accepted: OtherClaims,
    pub(crate) openid_configuration: bool,
    pub(crate) introspection_clients: &'static str,
    /// The argument of `--trust-key`.
    pub(crate) trust_key: String,
    pub(crate) on_claims_change: ClaimsChange,
}

impl Default for Options {
    fn default() -> Self {
        let origins = "http://localhost:3000".parse().expect("an origin");
        Self {
            origins,
            hashing: CHEAP_HASHING,
            lifetimes: Lifetimes::default(),
            future_leeway: DEFAULT_FUTURE_LEEWAY_SECONDS,
            rotation: false,
            public_url: None,
            redis_url: None,
            limits: LoginLimits { per_address: 0, per_name: 0, per_name_everywhere: 0 },
            trusted_proxies: TrustedProxies::default(),
            connections: Connections::default(),
            keys: None,
            profile: None,
            accepted: OtherClaims::default(),
            openid_configuration: false,
            introspection_clients: "",
            trust_key: String::new(),
            on_claims_change: ClaimsChange::default(),
        }
    }
}

pub(crate) struct TestIssuer {
    pub(crate) address: SocketAddr,
    pub(crate) metrics_address: SocketAddr,
    response_checker: OnceLock<ResponseChecker>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) keys: Arc<IssuerKeys>,
    /// Replaceable by the test.
    pub(crate) live: Arc<LiveKeys>,
    pub(crate) storage: Arc<dyn Storage>,
    /// The router of the server, for requests without a connection.
    pub(crate) router: Router,
    database: Option<TestDatabase>,
    passwords: PasswordHasher,
    server: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    runtime: Runtime,
}

impl TestIssuer {
    /// A server that knows `testuser` with the password [`PASSWORD`].
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self::on(options, None)
    }

    /// Starts another server on the same database, with its own clock. It must stop before this
    /// one.
    pub(crate) fn another(&self, options: Options) -> Self {
        Self::on(options, Some(self.database().url()))
    }

    fn on(options: Options, shared: Option<String>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        // Servers that share a database never draw the same number.
        let first = if shared.is_some() { 1 << 32 } else { 0 };
        let random: Arc<dyn Random> = Arc::new(CountingRandom(AtomicU64::new(first)));
        let keys = options
            .keys
            .unwrap_or_else(|| KeyDirectory::new(shared_keys()).load().expect("good keys"));
        let files: TrustedKeyFiles = options.trust_key.parse().expect("a purpose");
        let profile = options.profile.or_else(|| options.public_url.map(profile_of));
        let accepted =
            AcceptedClaims::new(profile.as_ref(), &options.accepted, options.future_leeway)
                .expect("claims that make policies");
        let foreign = files.load(&accepted).expect("keys");
        let live = Arc::new(LiveKeys::trusting(keys, accepted, foreign));
        let keys = live.current();
        let database = shared.is_none().then(|| runtime.block_on(TestDatabase::create()));
        let url = shared.unwrap_or_else(|| database.as_ref().expect("it was created").url());
        let storage = runtime.block_on(storage::open(&url)).expect("a database");
        let time: Arc<dyn Clock> = clock.clone();
        let settings = IssuerSettings {
            public_url: options.public_url.map(|url| url.parse().expect("a URL")),
            profile,
            serves_openid_configuration: options.openid_configuration,
            introspection_clients: options.introspection_clients.parse().expect("services"),
            status_list_ttl_seconds: 60,
            redis_url: options.redis_url,
            lifetimes: options.lifetimes,
            rotates_refresh_tokens: options.rotation,
            hashing: options.hashing,
            login_limits: options.limits,
            trusted_proxies: options.trusted_proxies,
            on_claims_change: options.on_claims_change,
        };
        let passwords =
            PasswordHasher::new(options.hashing, Arc::clone(&random)).expect("good limits");
        let issuer = Issuer::new(settings, Arc::clone(&live), Arc::clone(&storage), time, random)
            .expect("good settings");
        let issuer = Arc::new(issuer);
        runtime.spawn({
            let revocations = Arc::clone(issuer.revocations());
            async move { revocations.run().await }
        });
        let metrics_listener = http::bind("127.0.0.1:0", "--metrics-listen").expect("a free port");
        let metrics_address = metrics_listener.local_addr().expect("an address");
        let metrics = http::metrics_router(Arc::clone(&issuer));
        let alone = std::future::pending();
        runtime.spawn(http::serve(metrics_listener, metrics, None, Connections::default(), alone));
        let connections =
            Connections { count: issuer.metrics().connections(), ..options.connections };
        let router = http::router(issuer, &options.origins);
        let listener = http::bind("127.0.0.1:0", "--listen").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let service = router.clone();
        let (stop, stopped) = oneshot::channel();
        let server = runtime.spawn(async move {
            let stopped = async { stopped.await.unwrap_or(()) };
            http::serve(listener, service, None, connections, stopped)
                .await
                .expect("the server runs");
        });
        let server = Some((stop, server));
        let response_checker = OnceLock::new();
        let is_first = database.is_some();
        let this = Self {
            address,
            metrics_address,
            response_checker,
            clock,
            keys,
            live,
            storage,
            router,
            database,
            passwords,
            server,
            runtime,
        };
        if !is_first {
            return this;
        }
        let mut profile = Profile::new("testuser");
        profile.email = "test@example.com".into();
        profile.first_name = "Test".into();
        profile.last_name = "User".into();
        this.create(profile, PASSWORD);
        this
    }

    pub(crate) fn create(&self, profile: Profile, password: &str) -> User {
        self.create_as(profile, password, |record| record)
    }

    pub(crate) fn create_as(
        &self,
        profile: Profile,
        password: &str,
        change: impl Fn(NewUser) -> NewUser,
    ) -> User {
        self.runtime.block_on(async {
            let hash =
                self.passwords.hash(Zeroizing::new(password.to_owned())).await.expect("not busy");
            let user =
                change(profile.checked().expect("a good profile").with_password(hash, START));
            self.storage.insert_user(&user).await.expect("a new user")
        })
    }

    pub(crate) fn set_active(&self, user: &User, active: bool) {
        let changes = Changes { is_active: Some(active), ..Changes::default() };
        let changed = self
            .runtime
            .block_on(self.storage.update_user(user.id, &changes, self.now()))
            .expect("the storage works");
        assert_eq!(changed.map(|user| user.is_active), Some(active));
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        START + self.clock.elapsed()
    }

    pub(crate) fn delete(&self, user: &User) {
        let deleted = self.storage.delete_user(user.id, LastAdministrator::MayGo, self.now());
        assert!(self.runtime.block_on(deleted).expect("the storage works"));
    }

    pub(crate) fn user(&self, username: &str) -> User {
        self.runtime
            .block_on(self.storage.user_by_name(username))
            .expect("the storage works")
            .expect("the user exists")
    }

    pub(crate) fn database(&self) -> &TestDatabase {
        self.database.as_ref().expect("it is there until the end")
    }

    pub(crate) fn sql(&self, sql: &str) {
        self.runtime.block_on(self.database().execute(sql));
    }

    /// Returns the number that a query selects.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.runtime.block_on(self.database().number(sql))
    }

    /// Sends a request, and checks the response against the OpenAPI document.
    #[track_caller]
    pub(crate) fn send(&self, request: &Request) -> Response {
        let response = request.send(self.address);
        let document = || crate::http::request("GET", "/openapi.json").send(self.address).json();
        self.response_checker
            .get_or_init(|| ResponseChecker::new(document()))
            .check(request, &response);
        response
    }

    /// Fetches the metrics.
    pub(crate) fn metrics(&self) -> Response {
        crate::http::request("GET", "/metrics").send(self.metrics_address)
    }

    pub(crate) fn post(&self, path: &str, body: serde_json::Value) -> Response {
        self.send(&request("POST", path).json(body))
    }

    pub(crate) fn login(&self, username: &str, password: &str) -> Response {
        self.post("/api/token/", serde_json::json!({ "username": username, "password": password }))
    }

    /// The access token of a new administrator.
    pub(crate) fn administrator(&self) -> String {
        let mut profile = Profile::new("boss");
        profile.role = "admin".into();
        self.create(profile, PASSWORD);
        self.login("boss", PASSWORD).text("access")
    }

    pub(crate) fn me(&self, token: &str) -> Response {
        self.send(&request("GET", "/api/users/me/").bearer(token))
    }

    pub(crate) fn refresh(&self, token: &str) -> Response {
        self.post("/api/token/refresh/", serde_json::json!({ "refresh": token }))
    }

    pub(crate) fn log_out(&self, refresh: &str) -> Response {
        self.post("/api/token/blacklist/", serde_json::json!({ "refresh": refresh }))
    }

    pub(crate) fn verify(&self, token: &str) -> Response {
        self.post("/api/token/verify/", serde_json::json!({ "token": token }))
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Closes the database, as at the end of the program.
    pub(crate) fn close_storage(&self) {
        self.runtime.block_on(self.storage.close());
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        let Some((stop, server)) = self.server.take() else { return };
        let _ = stop.send(());
        self.runtime.block_on(async {
            let _ = server.await;
            self.storage.close().await;
            if let Some(database) = self.database.take() {
                database.remove().await;
            }
        });
    }
}
