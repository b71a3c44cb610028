//! A resource server for `doctor`, with common misconfigurations.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, DATE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::{TimeDelta, Utc};
use issuer::clock::{Clock as _, SystemClock, unix_time};
use serde_json::json;
use tokio::sync::oneshot;
use verifier_core::{KeySet, Policy, PolicyOptions, Verifier};

/// How it is set up.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) keys: String,
    /// How far its clock is ahead, in seconds.
    pub(crate) ahead: i64,
    /// The origin it allows.
    pub(crate) origin: Option<&'static str>,
    pub(crate) allowed_headers: &'static str,
    pub(crate) demands: Demands,
    pub(crate) health: serde_json::Value,
    pub(crate) health_status: u16,
}

/// The credentials that it requires.
#[derive(Clone, PartialEq)]
pub(crate) enum Demands {
    AToken,
    /// Accepts any token that it can decode.
    AnyText,
    Nothing,
    /// Verifies tokens by these options.
    Policy(Box<PolicyOptions>),
}

pub(crate) struct TestEdge {
    pub(crate) address: SocketAddr,
    stop: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl TestEdge {
    pub(crate) fn start(setup: Setup) -> Self {
        let router = Router::new()
            .route("/", get(health))
            .route("/protected", get(protected).options(preflight))
            .with_state(Arc::new(setup));
        Self::serve(router)
    }

    pub(crate) fn serve(router: Router) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("it can be set");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let served = axum::serve(listener, router).into_future();
                tokio::select! {
                    _ = served => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, stop: Some((stop, thread)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for TestEdge {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.stop.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Setup {
    /// Nothing is wrong with it.
    pub(crate) fn sound(keys: impl Into<String>) -> Self {
        Self {
            keys: keys.into(),
            ahead: 0,
            origin: Some("http://localhost:3000"),
            allowed_headers: "authorization",
            demands: Demands::AToken,
            health: json!({ "status": "ok", "revocation": { "source": "redis" } }),
            health_status: 200,
        }
    }

    fn now(&self) -> chrono::DateTime<Utc> {
        SystemClock.now() + TimeDelta::seconds(self.ahead)
    }

    fn finish(&self, mut response: Response) -> Response {
        let date = self.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response.headers_mut().insert(DATE, date.parse().expect("a header value"));
        if let Some(origin) = self.origin {
            response
                .headers_mut()
                .insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static(origin));
        }
        response
    }

    fn refusal(&self, token: Option<&str>) -> Option<String> {
        let Some(token) = token else {
            return (self.demands != Demands::Nothing).then(|| "not_authenticated".to_owned());
        };
        let options = match &self.demands {
            Demands::Nothing | Demands::AnyText => return None,
            Demands::Policy(options) => PolicyOptions::clone(options),
            Demands::AToken => PolicyOptions::default(),
        };
        let policy = Policy::new(options).expect("a policy");
        let keys = KeySet::parse(&self.keys).expect("keys");
        let verdict = Verifier::new(keys, policy).verify(token, unix_time(self.now()));
        verdict.err().map(|refusal| refusal.code().to_string())
    }
}

async fn health(State(setup): State<Arc<Setup>>) -> Response {
    let status = StatusCode::from_u16(setup.health_status).expect("a status");
    setup.finish((status, axum::Json(setup.health.clone())).into_response())
}

async fn preflight(State(setup): State<Arc<Setup>>) -> Response {
    let mut response = setup.finish(StatusCode::OK.into_response());
    let allowed = HeaderValue::from_static(setup.allowed_headers);
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    response
}

async fn protected(State(setup): State<Arc<Setup>>, headers: HeaderMap) -> Response {
    let token =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    setup.finish(match setup.refusal(token) {
        None => axum::Json(json!({ "message": "인증 성공!" })).into_response(),
        Some(code) => {
            let body = json!({ "detail": "유효하지 않은 토큰입니다", "code": code });
            (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
        }
    })
}
